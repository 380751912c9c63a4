using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using WsIngress.Cli;

namespace WsIngress.Client;

/// <summary>Opens TCP connections for one <c>connect</c>: <c>--resolve</c> rules first, <c>localhost</c> and names below it on loopback (RFC 6761), then DNS.</summary>
internal sealed class Dialer(ConnectOptions options, TimeProvider time)
{
    /// <summary>How long the last connection took.</summary>
    public TimeSpan Connected { get; private set; }

    public SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.All,
        };
        if (options.Insecure)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                // The user asked for it by -k: a demo's certificate is signed by nobody.
#pragma warning disable CA5359
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            };
        }

        return handler;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var rule = options.Resolve.FirstOrDefault(r => r.Matches(context.DnsEndPoint));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (rule is not null)
            {
                await socket.ConnectAsync(rule.Target, cancellation);
            }
            else if (IsLocalhost(context.DnsEndPoint.Host))
            {
                await socket.ConnectAsync([IPAddress.Loopback, IPAddress.IPv6Loopback], context.DnsEndPoint.Port, cancellation);
            }
            else
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        Connected = time.GetElapsedTime(start);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static bool IsLocalhost(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
}
