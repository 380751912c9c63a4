using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;

namespace WsIngress.Proxy.Http;

/// <summary>HTTP clients toward the pods, one per distinct protocol, TLS setting and connect timeout; each pools connections per pod.</summary>
internal sealed class PodClients : IDisposable
{
    private readonly ConcurrentDictionary<(BackendProtocol Protocol, BackendTls Tls, TimeSpan ConnectTimeout), HttpMessageInvoker> _clients = new();

    public HttpMessageInvoker Get(BackendPolicy policy, TimeSpan connectTimeout) =>
        _clients.GetOrAdd((policy.Protocol, policy.Tls, connectTimeout), static key => Create(key.Protocol, key.Tls, key.ConnectTimeout));

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private static HttpMessageInvoker Create(BackendProtocol protocol, BackendTls tls, TimeSpan connectTimeout)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            MaxResponseHeadersLength = 64,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = static async (context, cancellation) =>
                new NetworkStream(await PodSocket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation), ownsSocket: true),
        };
        if (connectTimeout > TimeSpan.Zero)
        {
            handler.ConnectTimeout = connectTimeout;
        }

        if (protocol == BackendProtocol.Https)
        {
            // The host of each request is its SNI unless the policy fixes one.
            handler.SslOptions = BackendTlsOptions.Create(tls, tls.ServerName ?? "");
            if (tls.ServerName is null)
            {
                handler.SslOptions.TargetHost = null;
            }
        }

        return new HttpMessageInvoker(handler, disposeHandler: true);
    }
}
