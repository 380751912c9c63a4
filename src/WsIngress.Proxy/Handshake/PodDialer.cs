using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;
using WsIngress.Transport.Tls;

namespace WsIngress.Proxy.Handshake;

/// <summary>Opens a connection to a pod: TCP, and TLS when the policy says so. Failures leave as <see cref="DialException"/>.</summary>
internal sealed class PodDialer
{
    private readonly BackendTlsClients _tls = new();

    /// <param name="endpoint">The pod; one slot of it is taken already and belongs to the connection once it is returned.</param>
    /// <param name="policy">Protocol and TLS settings.</param>
    /// <param name="serverName">SNI when the policy names none: the request's host.</param>
    /// <param name="timeout">For TCP and TLS together.</param>
    /// <param name="loop">The loop that the socket is to live on; null: a socket of its own.</param>
    /// <param name="limit">The client went away or the handshake is over its time.</param>
    public async Task<PodConnection> DialAsync(EndpointEntry endpoint, BackendPolicy policy, string serverName, TimeSpan timeout, EventLoop? loop, HandshakeLimit limit)
    {
        limit.BeginConnect(timeout);
        Stream? stream = null;
        Socket? socket = null;
        try
        {
            if (loop is not null && (policy.Protocol != BackendProtocol.Https || OpenSsl.IsAvailable))
            {
                var onLoop = endpoint.Address is { } address
                    ? await StreamSocket.ConnectAsync(loop, address, limit.Token)
                    : await PodSocket.ConnectAsync(loop, endpoint.Endpoint.Address, endpoint.Endpoint.Port, limit.Token);
                stream = new LoopStream(onLoop);
                if (policy.Protocol == BackendProtocol.Https)
                {
                    await onLoop.ShakeHandsAsync(_tls.Get(policy.Tls).Connect(onLoop.Descriptor, policy.Tls.ServerName ?? serverName), limit.Token);
                }
            }
            else
            {
                socket = await PodSocket.ConnectAsync(endpoint.Endpoint.Address, endpoint.Endpoint.Port, limit.Token);
                stream = new NetworkStream(socket, ownsSocket: false);
                if (policy.Protocol == BackendProtocol.Https)
                {
                    stream = await AuthenticateAsync(stream, policy.Tls, serverName, limit.Token);
                }
            }

            limit.EndConnect();
            return new PodConnection(endpoint, stream, socket);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            socket?.Dispose();
            if (error is OperationCanceledException && limit.End is HandshakeEnd.ClientGone or HandshakeEnd.Timeout)
            {
                throw;
            }

            throw error switch
            {
                OperationCanceledException => new DialException($"no connection within {timeout.TotalSeconds:0.###} s", error),
                SocketException refused => new DialException(refused.SocketErrorCode.ToString(), error),
                AuthenticationException => new DialException("TLS: " + (error.InnerException?.Message ?? error.Message), error),
                _ => new DialException(error.Message, error),
            };
        }
    }

    private static async Task<Stream> AuthenticateAsync(Stream inner, BackendTls tls, string serverName, CancellationToken cancellation)
    {
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(BackendTlsOptions.Create(tls, serverName), cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}

/// <summary>A pod could not be reached; the next one may be tried. The message fits a log line.</summary>
internal sealed class DialException(string message, Exception inner) : IOException(message, inner);
