using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace WsIngress.E2E.Harness;

/// <summary>An echo pod of a fleet. It notes when handshakes reach it, and ends as pods do.</summary>
internal sealed class FleetPod : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<long> _handshakes = [];
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _beginning;
    private int _sockets;

    private FleetPod(string name, IPAddress address, int port)
    {
        (Name, Address) = (name, address);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(address, port));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(ServeAsync);
    }

    public string Name { get; }

    public IPAddress Address { get; }

    public int Port { get; private set; }

    public string Uid => $"uid-{Name}";

    /// <summary>Timestamps of the handshakes so far.</summary>
    public IReadOnlyCollection<long> Handshakes => _handshakes;

    /// <param name="name">In the answers' header <c>X-Pod-Name</c>.</param>
    /// <param name="address">Of 127/8.</param>
    /// <param name="port">0 for any.</param>
    public static async Task<FleetPod> StartAsync(string name, IPAddress address, int port)
    {
        var pod = new FleetPod(name, address, port);
        await pod._app.StartAsync();
        pod.Port = new Uri(pod._app.Urls.First()).Port;
        return pod;
    }

    /// <summary>
    /// Finishes the handshakes that have begun, closes all sockets with 1001, waits for the other side's Close, and is gone; what is still open
    /// after the grace period is cut.
    /// </summary>
    public async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(Grace);
        await UntilAsync(() => Volatile.Read(ref _beginning) == 0, limit.Token);
        _end.TrySetResult();
        await UntilAsync(() => Volatile.Read(ref _sockets) == 0, limit.Token);
        await _app.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        using var cut = new CancellationTokenSource(0);
        await _app.StopAsync(cut.Token);
        await _app.DisposeAsync();
    }

    private static async Task UntilAsync(Func<bool> isSo, CancellationToken limit)
    {
        while (!isSo() && !limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            return;
        }

        Interlocked.Increment(ref _beginning);
        Interlocked.Increment(ref _sockets);
        try
        {
            _handshakes.Enqueue(TimeProvider.System.GetTimestamp());
            http.Response.Headers["X-Pod-Name"] = Name;
            WebSocket socket;
            try
            {
                socket = await http.WebSockets.AcceptWebSocketAsync();
            }
            finally
            {
                Interlocked.Decrement(ref _beginning);
            }

            using (socket)
            {
                await ConverseAsync(socket);
            }
        }
        catch (WebSocketException)
        {
            // The other side has cut it.
        }
        finally
        {
            Interlocked.Decrement(ref _sockets);
        }
    }

    /// <summary>Until either side closes: the client, or the end of the pod.</summary>
    private async Task ConverseAsync(WebSocket socket)
    {
        using var sending = new SemaphoreSlim(1);
        var echo = EchoAsync(socket, sending);
        if (await Task.WhenAny(echo, _end.Task) == _end.Task && !echo.IsCompleted)
        {
            await CloseAsync(socket, sending, WebSocketCloseStatus.EndpointUnavailable);
        }

        await echo;
    }

    private static async Task EchoAsync(WebSocket socket, SemaphoreSlim sending)
    {
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } part)
        {
            await sending.WaitAsync();
            try
            {
                if (socket.State == WebSocketState.Open)
                {
                    await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
                }
            }
            finally
            {
                sending.Release();
            }
        }

        await CloseAsync(socket, sending, socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure);
    }

    private static async Task CloseAsync(WebSocket socket, SemaphoreSlim sending, WebSocketCloseStatus status)
    {
        await sending.WaitAsync();
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, null, CancellationToken.None);
            }
        }
        finally
        {
            sending.Release();
        }
    }
}
