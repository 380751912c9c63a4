using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace WsIngress.E2E.Harness;

/// <summary>Many echo pods in this process, each on a port of its own. They note when handshakes reach them, and can end as pods do.</summary>
internal sealed class PodFleet : IAsyncDisposable
{
    private readonly List<FleetPod> _pods = [];

    public IReadOnlyList<FleetPod> Pods => _pods;

    public async Task<FleetPod> AddAsync(string name)
    {
        var pod = await FleetPod.StartAsync(name);
        _pods.Add(pod);
        return pod;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods)
        {
            await pod.DisposeAsync();
        }
    }
}

/// <summary>One of them.</summary>
internal sealed class FleetPod : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<long> _handshakes = [];
    private readonly CancellationTokenSource _end = new();

    private FleetPod(string name)
    {
        Name = name;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ServeAsync);
    }

    public string Name { get; }

    public int Port { get; private set; }

    public string Uid => $"uid-{Name}";

    /// <summary>Timestamps of the handshakes so far.</summary>
    public IReadOnlyCollection<long> Handshakes => _handshakes;

    public static async Task<FleetPod> StartAsync(string name)
    {
        var pod = new FleetPod(name);
        await pod._app.StartAsync();
        pod.Port = new Uri(pod._app.Urls.First()).Port;
        return pod;
    }

    /// <summary>Closes all sockets with 1001, as a pod does that ends.</summary>
    public Task EndAsync() => _end.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        using var cut = new CancellationTokenSource(0);
        await _app.StopAsync(cut.Token);
        await _app.DisposeAsync();
        _end.Dispose();
    }

    private async Task ServeAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            return;
        }

        _handshakes.Enqueue(TimeProvider.System.GetTimestamp());
        http.Response.Headers["X-Pod-Name"] = Name;
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), _end.Token) is { MessageType: not WebSocketMessageType.Close } part)
            {
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
            }

            await socket.CloseOutputAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            // A cancelled read has aborted the socket: the pod is gone.
        }
    }
}
