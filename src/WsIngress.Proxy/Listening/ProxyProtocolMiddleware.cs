using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Heads;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// Takes the PROXY header off connections of trusted peers and makes its source their remote end point. Other peers are served as
/// they are: a header from them is no HTTP and fails as such.
/// </summary>
internal sealed class ProxyProtocolMiddleware(ImmutableArray<IPNetwork> trusted, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is IPEndPoint peer && ForwardedHeaders.Contains(trusted, Plain(peer.Address)) && !await TakeHeaderAsync(connection))
        {
            ProxyLog.ProxyProtocolRefused(logger, peer.ToString());
            connection.Abort(new ConnectionAbortedException("malformed PROXY protocol header"));
            return;
        }

        await next(connection);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private async Task<bool> TakeHeaderAsync(ConnectionContext connection)
    {
        using var limit = new CancellationTokenSource(HeaderTimeout, time);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var status = ProxyProtocolHeader.TryRead(read.Buffer, out var source, out var consumed);
                switch (status)
                {
                    case ProxyProtocolStatus.Complete:
                        input.AdvanceTo(read.Buffer.GetPosition(consumed));
                        connection.RemoteEndPoint = source ?? connection.RemoteEndPoint;
                        return true;
                    case ProxyProtocolStatus.Absent:
                        input.AdvanceTo(read.Buffer.Start);
                        return true;
                    case ProxyProtocolStatus.Malformed:
                        input.AdvanceTo(read.Buffer.End);
                        return false;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                {
                    return read.Buffer.IsEmpty;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (IOException)
        {
            // Reset before a header, as health checks of load balancers do: the server sees the same and ends the connection.
            return true;
        }
    }
}
