using System.Globalization;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>How the API server is talked to, and how a connection that is dead without a word is noticed.</summary>
public sealed class ServerConnectionTests
{
    private static readonly FakeApiServerOptions Secure = new() { Tls = true, BookmarkInterval = TimeSpan.Zero };

    [Fact]
    public async Task Over_TLS_lists_and_watches_go_by_HTTP_2()
    {
        await using var server = await FakeApiServer.StartAsync(Secure);
        await using var rig = new ClusterRig(server, files: new GivenFiles(server.Address, authority: server.Authority.Pem));
        await server.WaitForWatchersAsync("secrets");

        Assert.Contains(server.Requests, request => request.Verb == "list");
        Assert.Contains(server.Requests, request => request.Verb == "watch");
        Assert.All(server.Requests, request => Assert.Equal("HTTP/2", request.Protocol));
    }

    [Fact]
    public async Task Without_TLS_they_go_by_HTTP_1_1()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var rig = new ClusterRig(server);
        await rig.InStepAsync();

        Assert.All(server.Requests, request => Assert.Equal("HTTP/1.1", request.Protocol));
    }

    [Fact]
    public async Task A_server_that_is_gone_without_a_word_is_noticed_by_the_pings_of_HTTP_2()
    {
        await using var server = await FakeApiServer.StartAsync(Secure);
        await using var relay = new SilentRelay(server.Address.Port);
        var quick = new ConnectionOptions { Idle = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) };
        await using var rig = new ClusterRig(server, files: new GivenFiles(new($"https://127.0.0.1:{relay.Port}/"), authority: server.Authority.Pem), connections: quick);
        await server.WaitForWatchersAsync("services");

        relay.Die();

        await Eventually.True(() => rig.Failures("services", 0) > 0);
    }

    [Fact]
    public async Task By_default_both_kinds_of_ping_notice_it_within_a_minute()
    {
        var options = ConnectionOptions.Default;
        Assert.True(options.Idle + options.PingTimeout < TimeSpan.FromMinutes(1));
        await using var server = await FakeApiServer.StartAsync();
        await using var rig = new ClusterRig(server);
        await server.WaitForWatchersAsync("services");

        // The kernel shows the timer of a connection: 02 is that of its probes, in hundredths of a second.
        var timers = ClientSides(server.Address.Port);
        Assert.NotEmpty(timers);
        Assert.All(timers, timer => Assert.True(timer.Kind != "00", "a connection without probes"));
        Assert.Contains(timers, timer => timer.Kind == "02");
        Assert.All(timers.Where(timer => timer.Kind == "02"), timer => Assert.InRange(timer.Left, 0, options.Idle.TotalSeconds * 100));
    }

    [Fact]
    public async Task The_path_of_a_server_s_URL_stands_before_every_request()
    {
        string? asked = null;
        await using var server = await ScriptedApiServer.StartAsync((http, _) =>
        {
            asked = http.Request.Path;
            return ScriptedApiServer.ListAsync(http, "7");
        });
        using var api = PlainServer.Connect(new Uri(server.Address, "/k8s/clusters/c-1/"), TimeProvider.System);

        await api.CallAsync<k8s.Models.V1ServiceList>(HttpMethod.Get, "/api/v1/services", null, "application/json", TestContext.Current.CancellationToken);

        Assert.Equal("/k8s/clusters/c-1/api/v1/services", asked);
    }

    /// <summary>Timers of the established connections to a port of this host, from the client's side.</summary>
    private static (string Kind, long Left)[] ClientSides(int port)
    {
        var to = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return
        [
            .. File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > 5 && fields[3] == "01" && fields[2].EndsWith(to, StringComparison.Ordinal))
                .Select(fields => fields[5].Split(':'))
                .Select(timer => (timer[0], long.Parse(timer[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))),
        ];
    }
}
