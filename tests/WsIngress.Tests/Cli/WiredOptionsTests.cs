using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using WsIngress.Cli;
using WsIngress.Proxy;
using WsIngress.Tests.Translation;
using Xunit;

namespace WsIngress.Tests.Cli;

/// <summary>No option is taken and then forgotten: each changes what a command is told, and whatever a command is told is read by the program.</summary>
public sealed class WiredOptionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-wired-");

    /// <summary>A value of each option that is not its default. <c>--output</c> is about the command's own output, <c>--config</c> names the file of the others.</summary>
    private static readonly Dictionary<string, string> Values = new()
    {
        ["--http"] = "1",
        ["--https"] = "2",
        ["--h2c"] = "3",
        ["--metrics"] = "4",
        ["--admin"] = "5",
        ["--admin-token-file"] = "token",
        ["--ingress-class"] = "other",
        ["--trusted-proxies"] = "10.0.0.0/8",
        ["--proxy-protocol"] = "10.0.0.0/8",
        ["--disable-external-name"] = "on",
        ["--default"] = "drain=wait",
        ["--max-connections-per-namespace"] = "7",
        ["--drain-window"] = "1s",
        ["--transport"] = "sockets",
        ["--loops"] = "3",
        ["--handshake"] = "kestrel",
        ["--access-log"] = "off",
        ["--log-level"] = "debug",
        ["--log-format"] = "text",
        ["--manifests"] = "folder",
        ["--drain-deadline"] = "40s",
        ["--config"] = "settings.json",
        ["--kubeconfig"] = "kubeconfig",
        ["--context"] = "mine",
        ["--controller-name"] = "a.example/b",
        ["--watch-ingress-without-class"] = "on",
        ["--ingress-class-by-name"] = "on",
        ["--disable-ingress-class-lookup"] = "on",
        ["--watch-namespace"] = "shop",
        ["--watch-namespace-selector"] = "team=chat",
        ["--default-ssl-certificate"] = "a/b",
        ["--update-status"] = "off",
        ["--publish-service"] = "a/b",
        ["--publish-status-address"] = "192.0.2.1",
        ["--publish-pod-selector"] = "app=web",
        ["--update-status-on-shutdown"] = "on",
        ["--leader-election"] = "off",
        ["--election-id"] = "mine",
        ["--lease-duration"] = "20s",
        ["--lease-renew-deadline"] = "11s",
        ["--lease-retry-period"] = "3s",
        ["--events"] = "off",
        ["--pod-namespace"] = "mine",
        ["--pod-name"] = "me",
        ["--lb-deregistration-delay"] = "3s",
        ["--termination-grace-period"] = "60s",
    };

    public WiredOptionsTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "folder"));
        File.WriteAllText(Path.Combine(_folder.FullName, "token"), "0123456789abcdef0123456789abcdef");
        File.WriteAllText(Path.Combine(_folder.FullName, "kubeconfig"), "");
        File.WriteAllText(Path.Combine(_folder.FullName, "settings.json"), """{ "WsIngress": { "Http": 9 } }""");
    }

    public static TheoryData<string, string> Options
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var command in new[] { "run", "controller" })
            {
                foreach (var option in new CliRun().Command(command).Options.Where(o => o.Name != "--output"))
                {
                    data.Add(command, option.Name);
                }
            }

            return data;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Options))]
    public async Task Every_option_changes_what_its_command_is_told(string command, string option)
    {
        Assert.True(Values.TryGetValue(option, out var value), $"{option} has no value here");

        var (without, with) = (await ReadAsync(command), await ReadAsync(command, option, value));

        Assert.NotEqual(without, with);
    }

    /// <summary>By its name in the source, outside of the type that declares it and of the code that fills it in.</summary>
    [Theory]
    [InlineData(typeof(ServerOptions), "ServerSettings.cs")]
    [InlineData(typeof(RunOptions), "RunSettings.cs")]
    [InlineData(typeof(ControllerOptions), "ControllerSettings.cs")]
    [InlineData(typeof(ProxyOptions), "ProxyOptions.cs")]
    public void Whatever_a_command_is_told_is_read(Type options, string filledIn)
    {
        var sources = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(path => Path.GetFileName(path) != filledIn && Path.GetFileName(path) != options.Name + ".cs")
            .Select(File.ReadAllText).ToArray();

        Assert.All(
            options.GetProperties(BindingFlags.Instance | BindingFlags.Public),
            property => Assert.True(sources.Any(text => Regex.IsMatch(text, $@"(?i:options|server)\??\.{property.Name}\b")), $"{options.Name}.{property.Name} is read nowhere"));
    }

    private async Task<string> ReadAsync(string command, params string[] args)
    {
        var cli = new CliRun { Directory = _folder.FullName };
        if (args is ["--manifests", ..])
        {
            object? seen = null;
            cli.Run = (options, _, _) =>
            {
                seen = options;
                return Task.FromResult(0);
            };
            Assert.Equal(0, await cli.InvokeAsync([command, .. args]));
            return Text(seen);
        }

        return Text(command == "run" ? await cli.ReadWholeRunAsync(args) : await cli.ReadControllerAsync(args));
    }

    /// <summary>Every property, lists and records opened.</summary>
    private static string Text(object? value) => value switch
    {
        null => "null",
        string or IFormattable => $"{value}",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Text))}]",
        _ when value.GetType().Namespace!.StartsWith("WsIngress", StringComparison.Ordinal) =>
            $"{{{string.Join(", ", value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public).Select(p => $"{p.Name}: {Text(p.GetValue(value))}"))}}}",
        _ => $"{value}",
    };
}
