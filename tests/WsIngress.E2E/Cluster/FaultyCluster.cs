using System.Net;
using WsIngress.ApiServer;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Cluster;

/// <summary>A controller with a thousand open sockets, its API server, and whether the two agree.</summary>
internal sealed class FaultyCluster : IAsyncDisposable
{
    private const int Count = 1_000;
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly PodFleet _fleet = new();
    private readonly List<LocalSocket> _sockets = new(Count);
    private ControllerProcess? _controller;
    private int _asked;

    private FaultyCluster(FakeApiServer server) => Server = server;

    /// <summary>Of every wait.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public FakeApiServer Server { get; }

    public ControllerProcess Controller => _controller ?? throw new InvalidOperationException("It has not started.");

    public FleetPod Pod { get; private set; } = null!;

    public static async Task<FaultyCluster> StartAsync()
    {
        var cluster = new FaultyCluster(await FakeApiServer.StartAsync());
        try
        {
            cluster.Pod = await cluster._fleet.AddAsync("pod");
            cluster.Server.Apply(ClusterObjects.Class());
            cluster.Publish("chat");
            cluster.Server.Backup();
            cluster._controller = await ControllerProcess.StartAsync(cluster.Server);
            foreach (var batch in Enumerable.Range(0, Count).Chunk(50))
            {
                cluster._sockets.AddRange(await Task.WhenAll(batch.Select(_ => LocalSocket.OpenAsync(cluster.Controller.Http, "chat.test"))));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public void Publish(string name)
    {
        Server.Apply(ClusterObjects.Ingress(name));
        Server.Apply(ClusterObjects.Service(name));
        Server.Apply(ClusterObjects.Slice(name, Pod));
    }

    /// <summary>Until what is served for each name is what the server's objects ask for; then one more of the sockets has to echo.</summary>
    public async Task AgreeAsync(string after, params string[] names)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var differences = new List<string>();
            foreach (var name in names)
            {
                var (expected, served) = (Expected(name), await StatusAsync(Controller.Http, $"{name}.test"));
                if (expected != served)
                {
                    differences.Add($"{name} is {(int)served} in place of {(int)expected}");
                }
            }

            if (differences.Count == 0)
            {
                break;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                Assert.Fail($"After {after}: {string.Join(", ", differences)}\n{string.Join('\n', Controller.Process.Lines.TakeLast(20))}\n{string.Join('\n', Server.Requests.TakeLast(20))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
        Assert.Equal(after, await _sockets[_asked++].EchoAsync(after));
    }

    /// <summary>None has ended, and each still echoes.</summary>
    public async Task AllLiveAsync()
    {
        Assert.Equal(Count, await Controller.SocketsAsync());
        Assert.All(await Task.WhenAll(_sockets.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        Assert.Equal(0, MetricsText.Sum(await Controller.MetricsAsync(), "wsingress_websocket_closed_total"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets)
        {
            await socket.DisposeAsync();
        }

        if (_controller is not null)
        {
            await _controller.DisposeAsync();
        }

        await Server.DisposeAsync();
        await _fleet.DisposeAsync();
    }

    private HttpStatusCode Expected(string name) =>
        Server.Get("ingresses", "default", name) is null ? HttpStatusCode.NotFound
        : Server.Get("services", "default", name) is null || Server.Get("endpointslices", "default", $"{name}-pod") is null ? HttpStatusCode.ServiceUnavailable
        : HttpStatusCode.OK;

    private static async Task<HttpStatusCode> StatusAsync(int port, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/");
        request.Headers.Host = host;
        using var response = await Http.SendAsync(request);
        return response.StatusCode;
    }
}
