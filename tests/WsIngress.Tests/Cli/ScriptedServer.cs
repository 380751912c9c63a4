using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Tests.Cli;

/// <summary>Accepts one connection, reads one request head and answers with the bytes a test chose; keeps the connection open.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient? _client;

    /// <param name="answer">From the right value of Sec-WebSocket-Accept to the answer; null never answers.</param>
    public ScriptedServer(Func<string, byte[]>? answer)
    {
        _listener.Start();
        Serving = ServeAsync(answer);
    }

    public string Url => $"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/";

    public Task Serving { get; }

    public static byte[] Switching(string accept, string more = "", params byte[] frames) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{more}\r\n"), .. frames];

    public void Dispose()
    {
        _client?.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync(Func<string, byte[]>? answer)
    {
        _client = await _listener.AcceptTcpClientAsync();
        var head = "";
        var buffer = new byte[4096];
        while (!head.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            head += Encoding.ASCII.GetString(buffer, 0, await _client.GetStream().ReadAsync(buffer));
        }

        if (answer is not null)
        {
            var key = head.Split("\r\n").Single(l => l.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))[19..];
#pragma warning disable CA5350 // RFC 6455 section 4.2.2 names SHA-1.
            var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
            await _client.GetStream().WriteAsync(answer(accept));
        }
    }
}
