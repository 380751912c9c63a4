using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Http;

/// <summary>
/// HTTP clients toward the pods, one per event loop and distinct protocol, TLS setting and connect timeout; each pools connections per pod. The
/// connections of a loop's clients live on that loop, so that a request and its answer pass through without changing the thread.
/// </summary>
internal sealed class PodClients(TimeProvider time) : IDisposable
{
    /// <summary>Without a request for this long, settings are taken for gone: an edit or a renewed authority has replaced them.</summary>
    public static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);

    /// <summary>Between two looks for such.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(BackendProtocol Protocol, BackendTls Tls, TimeSpan ConnectTimeout, EventLoop? Loop), Client> _clients = new();
    private readonly Lock _gate = new();
    private List<Client> _leaving = [];
    private long _lookedAt = time.GetTimestamp();

    /// <param name="policy">Protocol and TLS settings.</param>
    /// <param name="connectTimeout">Zero for none.</param>
    /// <param name="loop">The loop of the client's connection; null: the platform's sockets.</param>
    public HttpMessageInvoker Get(BackendPolicy policy, TimeSpan connectTimeout, EventLoop? loop)
    {
        var key = (policy.Protocol, policy.Tls, connectTimeout, loop);
        if (!_clients.TryGetValue(key, out var client))
        {
            Forget();
            client = _clients.GetOrAdd(key, key => new(Create(key.Protocol, key.Tls, key.ConnectTimeout, key.Loop)) { UsedAt = time.GetTimestamp() });
        }

        client.UsedAt = time.GetTimestamp();
        return client.Invoker;
    }

    /// <summary>How many there are.</summary>
    public int Count => _clients.Count;

    public void Dispose()
    {
        foreach (var client in _clients.Values.Concat(_leaving))
        {
            client.Invoker.Dispose();
        }
    }

    /// <summary>
    /// Takes out what is unused. It is held, and its connections are looked after, until the next look: whoever got it just before may still begin a request.
    /// </summary>
    private void Forget()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_lookedAt) < LookEvery)
            {
                return;
            }

            _lookedAt = time.GetTimestamp();
            _leaving.ForEach(static client => client.Invoker.Dispose());
            _leaving = [];
            foreach (var (key, client) in _clients)
            {
                if (time.GetElapsedTime(client.UsedAt) >= Unused && _clients.TryRemove(key, out _))
                {
                    _leaving.Add(client);
                }
            }
        }
    }

    private static HttpMessageInvoker Create(BackendProtocol protocol, BackendTls tls, TimeSpan connectTimeout, EventLoop? loop)
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
            ConnectCallback = async (context, cancellation) => await DialAsync(loop, context.DnsEndPoint, cancellation),
        };
        if (connectTimeout > TimeSpan.Zero)
        {
            handler.ConnectTimeout = connectTimeout;
        }

        if (protocol == BackendProtocol.Https)
        {
            // The host of each request is the name its pod has to prove. The handler puts it over a TargetHost of ours, so that TLS under a name
            // that the policy fixes begins here; the handler takes a stream that is secure already as it is.
            handler.SslOptions = BackendTlsOptions.Create(tls, "");
            handler.SslOptions.TargetHost = null;
            if (tls.ServerName is not null)
            {
                handler.ConnectCallback = async (context, cancellation) => await SecureAsync(await DialAsync(loop, context.DnsEndPoint, cancellation), tls, cancellation);
            }
        }

        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    private static async ValueTask<Stream> DialAsync(EventLoop? loop, DnsEndPoint pod, CancellationToken cancellation) => loop is null
        ? new NetworkStream(await PodSocket.ConnectAsync(pod.Host, pod.Port, cancellation), ownsSocket: true)
        : new LoopStream(await PodSocket.ConnectAsync(loop, pod.Host, pod.Port, cancellation));

    private static async ValueTask<Stream> SecureAsync(Stream pod, BackendTls tls, CancellationToken cancellation)
    {
        var secure = new SslStream(pod);
        try
        {
            await secure.AuthenticateAsClientAsync(BackendTlsOptions.Create(tls, ""), cancellation);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private sealed class Client(HttpMessageInvoker invoker)
    {
        private long _usedAt;

        public HttpMessageInvoker Invoker => invoker;

        /// <summary>A timestamp.</summary>
        public long UsedAt
        {
            get => Volatile.Read(ref _usedAt);
            set => Volatile.Write(ref _usedAt, value);
        }
    }
}
