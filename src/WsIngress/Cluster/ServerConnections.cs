using System.Net.Sockets;

namespace WsIngress.Cluster;

/// <summary>
/// How the library's connections to the API server are made, and noticed when they are dead: over TLS by the pings of HTTP/2, and without TLS,
/// or where a proxy speaks HTTP/1.1 alone, by those of TCP.
/// </summary>
internal static class ServerConnections
{
    /// <summary>Probes of TCP that may stay without an answer.</summary>
    private const int Probes = 3;

    public static void Apply(SocketsHttpHandler handler, ConnectionOptions options)
    {
        handler.ConnectTimeout = options.ConnectTimeout;
        handler.KeepAlivePingDelay = options.Idle;
        handler.KeepAlivePingTimeout = options.PingTimeout;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        handler.EnableMultipleHttp2Connections = true;
        handler.ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                KeepAlive(socket, options);
                await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
    }

    private static void KeepAlive(Socket socket, ConnectionOptions options)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(options.Idle));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(options.PingTimeout / Probes));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);
}
