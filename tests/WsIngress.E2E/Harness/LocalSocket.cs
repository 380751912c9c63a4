using System.Net;
using System.Net.WebSockets;
using System.Text;
using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>A WebSocket to a host at the ingress, without TLS, by the Host header alone.</summary>
internal sealed class LocalSocket : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new() { Timeout = Patience };

    private readonly ClientWebSocket _socket;

    private LocalSocket(ClientWebSocket socket) => _socket = socket;

    public string Pod => PodOf(_socket);

    public static string PodOf(ClientWebSocket socket) => socket.HttpResponseHeaders!["X-Pod-Name"].Single();

    /// <exception cref="RefusedHandshake">No socket was opened.</exception>
    public static async Task<ClientWebSocket> ConnectAsync(int port, string host)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Host", host);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/"), limit.Token);
            return socket;
        }
        catch (Exception failed) when (failed is WebSocketException or OperationCanceledException)
        {
            var refused = new RefusedHandshake(host, (int)socket.HttpStatusCode, socket.HttpResponseHeaders ?? new Dictionary<string, IEnumerable<string>>(), failed);
            socket.Dispose();
            throw refused;
        }
    }

    /// <summary>Opens sockets until one is with <paramref name="pod"/>, when it is given: the ingress may have yet to hear of it.</summary>
    public static async Task<LocalSocket> OpenAsync(int port, string host, string? pod = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            var local = new LocalSocket(await ConnectAsync(port, host));
            if (pod is null || local.Pod == pod)
            {
                return local;
            }

            await local.DisposeAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        throw new TimeoutException($"no socket to {host} with {pod} in {Patience.TotalSeconds:0} s");
    }

    /// <summary>Asks until <paramref name="host"/> is served.</summary>
    public static async Task UntilServedAsync(int port, string host)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/");
            request.Headers.Host = host;
            using var response = await Http.SendAsync(request, limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    public async Task<string> EchoAsync(string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
        var buffer = new byte[1024];
        var part = await _socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
        Assert.True(part.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    /// <summary>Closes with 1000 and waits for the answer.</summary>
    public async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
    }

    /// <summary>Waits for the other side's Close, answers it, and tells its code.</summary>
    public async Task<WebSocketCloseStatus?> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var part = await _socket.ReceiveAsync(new byte[16].AsMemory(), limit.Token);
        Assert.Equal(WebSocketMessageType.Close, part.MessageType);
        await _socket.CloseOutputAsync(_socket.CloseStatus!.Value, null, limit.Token);
        return _socket.CloseStatus;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
