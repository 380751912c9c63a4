using System.Net;
using WsIngress.Cli;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class CommandLineTests
{
    private readonly CliRun _cli = new();

    [Theory]
    [InlineData("run", "--htp", "1")]
    [InlineData("nonsense")]
    [InlineData("connect")]
    [InlineData("connect", "localhost:8080")]
    [InlineData("connect", "ftp://localhost/")]
    [InlineData("connect", "ws://localhost/", "--count", "-1")]
    [InlineData("connect", "ws://localhost/", "--header", "no colon")]
    [InlineData("connect", "ws://localhost/", "--header", "Upgrade: h2c")]
    [InlineData("connect", "ws://localhost/", "--subprotocol", "a,b")]
    [InlineData("connect", "ws://localhost/", "--resolve", "localhost:80")]
    [InlineData("connect", "ws://localhost/", "--timeout", "0s")]
    [InlineData("echo", "--listen", "off")]
    [InlineData("echo", "--name", "a b")]
    [InlineData("echo", "--output", "xml")]
    [InlineData("validate")]
    [InlineData("validate", "/nowhere/at/all")]
    [InlineData("routes", "--admin", "*:9901")]
    [InlineData("routes", "--manifests", "/nowhere/at/all")]
    public async Task Usage_errors_exit_with_2_and_point_to_the_help(params string[] args)
    {
        Assert.Equal(2, await _cli.InvokeAsync(args));
        Assert.Contains("--help", _cli.Notes, StringComparison.Ordinal);
        Assert.Equal("", _cli.Output);
    }

    [Fact]
    public async Task The_help_names_every_command()
    {
        Assert.Equal(0, await _cli.InvokeAsync("--help"));
        Assert.All(["demo", "run", "echo", "connect", "validate", "routes"], name => Assert.Contains($"  {name} ", _cli.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_help_of_a_command_needs_no_arguments()
    {
        Assert.Equal(0, await _cli.InvokeAsync("connect", "--help"));
        Assert.Contains("--resolve", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        Assert.Equal(0, await _cli.InvokeAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+", _cli.Output);
    }

    [Theory]
    [InlineData("text", "http 127.0.0.1:1, metrics *:2")]
    [InlineData("json", ""","http":"127.0.0.1:1","https":null,"h2c":null,"metrics":"[::]:2","admin":null}""")]
    public async Task Run_says_where_it_listens_once_it_is_ready(string format, string line)
    {
        _cli.Run = (_, ready, _) =>
        {
            ready(new BoundListeners { Http = new(IPAddress.Loopback, 1), Metrics = new(IPAddress.IPv6Any, 2) });
            return Task.FromResult(7);
        };

        Assert.Equal(7, await _cli.InvokeAsync("run", "--manifests", ".", "--output", format));
        Assert.EndsWith(line + "\n", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_gets_full_paths_and_its_options()
    {
        ValidateOptions? seen = null;
        _cli.Validate = (options, _, _) =>
        {
            seen = options;
            return Task.FromResult(1);
        };
        _cli.Variables["WSINGRESS_INGRESS_CLASS"] = "other";

        Assert.Equal(1, await _cli.InvokeAsync("validate", ".", "..", "--disable-external-name", "--output", "json"));
        Assert.Equal(
            [Path.GetFullPath(".", _cli.Directory), Path.GetFullPath("..", _cli.Directory)], seen!.Paths);
        Assert.Equal(("other", true, OutputFormat.Json), (seen.IngressClass, seen.DisableExternalName, seen.Output));
    }

    [Fact]
    public async Task Routes_asks_a_running_process_unless_a_folder_is_named()
    {
        var seen = new List<RoutesOptions>();
        _cli.Routes = (options, _, _) =>
        {
            seen.Add(options);
            return Task.FromResult(0);
        };

        Assert.Equal(0, await _cli.InvokeAsync("routes", "--admin", "9902"));
        Assert.Equal(0, await _cli.InvokeAsync("routes", "--manifests", "."));
        Assert.Equal((null, "127.0.0.1:9902"), (seen[0].Manifests, seen[0].Admin.EndPoint.ToString()));
        Assert.Equal(Path.GetFullPath(".", _cli.Directory), seen[1].Manifests);
    }
}
