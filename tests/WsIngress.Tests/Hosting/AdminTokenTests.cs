using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Hosting;
using WsIngress.Tests.Cli;
using WsIngress.Tests.Proxy;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>The admin API with a token: nothing of it opens without, and metrics and probes are as they were.</summary>
public sealed class AdminTokenTests : IDisposable
{
    private const string Token = "0123456789abcdef";
    private readonly string _file = Path.GetTempFileName();

    public AdminTokenTests() => File.WriteAllText(_file, Token + "\n");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("GET", "/routes")]
    [InlineData("GET", "/routes/effective")]
    [InlineData("GET", "/connections")]
    [InlineData("POST", "/connections/1-1/close")]
    [InlineData("POST", "/connections/1-1/tap")]
    [InlineData("POST", "/connections/drain?pod=pod-a")]
    [InlineData("GET", "/ingresses")]
    [InlineData("GET", "/problems")]
    [InlineData("GET", "/config")]
    [InlineData("GET", "/nothing")]
    public async Task Nothing_opens_without_the_token(string method, string path)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod, o => o with { AdminTokenFile = _file });

        var none = await AskAsync(host, method, path, null);
        Assert.Equal((401, "Bearer realm=\"wsingress admin\""), none);
        foreach (var wrong in new[] { "Bearer 0123456789abcdeF", "Bearer 0123456789abcde", $"Bearer {Token}{Token}", "Bearer x" })
        {
            Assert.Equal((401, "Bearer realm=\"wsingress admin\", error=\"invalid_token\""), await AskAsync(host, method, path, wrong));
        }

        Assert.Equal(401, (await AskAsync(host, method, path, $"Basic {Token}")).Status);
        Assert.NotEqual(401, (await AskAsync(host, method, path, $"bearer {Token}")).Status);

        var metrics = await host.MetricsAsync();
        Assert.Contains("wsingress_admin_refused_total{reason=\"no-token\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("wsingress_admin_refused_total{reason=\"wrong-token\"} 4", metrics, StringComparison.Ordinal);
        Assert.Equal("ok\n", await host.MetricsAsync("/healthz"));
        Assert.Equal("ready\n", await host.MetricsAsync("/readyz"));
    }

    [Fact]
    public async Task With_the_token_any_address_and_any_name_opens()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod, o => o with { AdminTokenFile = _file, Admin = ListenAddress.AllInterfaces(0) });
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{host.Bound.Admin!.Port}/routes");
        request.Headers.Host = "wsingress-admin.ops.svc";
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("option", 0)]
    [InlineData("variable", 0)]
    [InlineData("none", 1)]
    public async Task Commands_take_the_token_from_an_option_or_a_variable(string way, int code)
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod, o => o with { AdminTokenFile = _file });
        foreach (var command in new[] { "connections list", "routes", "routes --effective" })
        {
            var run = new CliRun { Connections = ConnectionInventory.RunAsync, Routes = RouteListing.RunAsync };
            if (way == "variable")
            {
                run.Variables["WSINGRESS_ADMIN_TOKEN_FILE"] = _file;
            }

            string[] flags = way == "option" ? ["--token-file", _file] : [];
            Assert.Equal(code, await run.InvokeAsync([.. command.Split(' '), "--admin", $"{host.Bound.Admin}", .. flags]));
            Assert.Equal(code == 1, run.Notes.Contains("the admin API wants a token: --token-file, or WSINGRESS_ADMIN_TOKEN_FILE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_command_whose_token_file_is_missing_says_so()
    {
        var run = new CliRun { Connections = ConnectionInventory.RunAsync };

        Assert.Equal(1, await run.InvokeAsync("connections", "list", "--token-file", "/nowhere/token"));
        Assert.Contains("the token file '/nowhere/token' cannot be read", run.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_token_holds_a_second_after_it_was_written_and_the_last_one_while_the_file_cannot_be_used()
    {
        var time = new FakeTimeProvider();
        var log = new RecordingLogger<object>();
        var token = new AdminToken(_file, time, log);
        Assert.True(token.Accepts(Token));

        File.WriteAllText(_file, "another-token-of-20c");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(token.Accepts(Token));
        Assert.True(token.Accepts("another-token-of-20c"));

        File.WriteAllText(_file, "");
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(token.Accepts("another-token-of-20c"));
            Assert.False(token.Accepts(""));
        }

        Assert.Single(log.Lines);
    }

    [Theory]
    [InlineData("")]
    [InlineData("too-short")]
    [InlineData("two tokens in one file")]
    [InlineData("0123456789abcdef\n0123456789abcdef")]
    [InlineData("0123456789abcdé0")]
    public async Task A_file_that_holds_no_token_lets_nothing_start(string content)
    {
        await File.WriteAllTextAsync(_file, content);
        var refused = Assert.Throws<IOException>(() => new AdminToken(_file, TimeProvider.System, new RecordingLogger<object>()));
        Assert.Equal($"the token file '{_file}' cannot be used; allowed: one token of 16 to 4096 printable ASCII characters", refused.Message);

        await using var pod = await TestPod.StartAsync();
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync(pod, o => o with { AdminTokenFile = _file }));
        Assert.Equal("the host stopped", failed.Message);
    }

    [Theory]
    [InlineData("*:9901")]
    [InlineData("0.0.0.0:9901")]
    [InlineData("10.0.0.1:9901")]
    [InlineData("[::]:9901")]
    public async Task An_address_off_loopback_needs_a_token_file(string address)
    {
        var run = new CliRun();
        Assert.Equal(2, await run.InvokeAsync("run", "--manifests", ".", "--admin", address));
        Assert.Contains("cannot be used; allowed: a loopback address, or any with --admin-token-file, since whoever reaches it may close every socket", run.Notes, StringComparison.Ordinal);

        var options = await new CliRun { Directory = Path.GetTempPath() }.ReadRunAsync("--admin", address, "--admin-token-file", "token");
        Assert.Equal(Path.Combine(Path.GetTempPath(), "token"), options.AdminTokenFile);
    }

    [Fact]
    public async Task Refusals_write_one_line_a_minute()
    {
        var (log, time) = (new RecordingLogger<object>(), new FakeTimeProvider());
        var counted = new List<string>();
        var guard = new AdminAccess(new AdminToken(_file, time, log), counted.Add, time, log).Guard(_ => throw new InvalidOperationException("it opened"));
        for (var i = 0; i < 1000; i++)
        {
            await guard(new Microsoft.AspNetCore.Http.DefaultHttpContext());
        }

        Assert.Single(log.Lines);
        Assert.Equal(1000, counted.Count);
        time.Advance(TimeSpan.FromMinutes(1));
        await guard(new Microsoft.AspNetCore.Http.DefaultHttpContext());
        Assert.Contains("1001 were refused", log.Lines.Last().Text, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Challenge)> AskAsync(TestHost host, string method, string path, string? authorization)
    {
        using var client = TestProxy.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{host.Bound.Admin}{path}");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, $"{answer.Headers.WwwAuthenticate}");
    }
}
