using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// Connections whose requests are plain: served on their loop, without any object of the HTTP server. The first request that is not, or that is not simply
/// forwarded, hands the connection to the server for good.
/// </summary>
internal sealed class PlainRequests(HeadLimits limits, PlainEndpoint endpoint, PodPools pools, TimeSpan keepAlive, IReadOnlyList<EventLoop> loops, ILogger logger)
{
    private readonly HashSet<PlainClient>[] _clients = [.. loops.Select(_ => new HashSet<PlainClient>())];
    private volatile bool _isClosed;

    /// <summary>False, and nothing is taken, when the request is the server's.</summary>
    public bool TryTake(EventLoop loop, RequestHead head, ConnectionEnds ends, bool isTls, IFreshConnection connection)
    {
        var peer = ends.Remote?.Address ?? IPAddress.None;
        if (_isClosed || endpoint.TryRead(head, peer, isTls) is not { } request)
        {
            return false;
        }

        _ = RunAsync(new PlainClient(new StreamSocket(loop, connection.Take()), connection, peer, isTls), request);
        return true;
    }

    /// <summary>Cuts what is open. Nothing is taken any more.</summary>
    public async Task CloseAsync()
    {
        _isClosed = true;
        foreach (var loop in loops)
        {
            await loop.SwitchTo();
            foreach (var client in _clients[loop.Index].ToArray())
            {
                client.Cut();
            }

            pools.Of(loop).Close();
        }

        // Who ends the loops must not do so from the thread of one.
        await Task.Yield();
    }

    private async Task RunAsync(PlainClient client, PlainRequest? request)
    {
        var clients = _clients[client.Loop.Index];
        clients.Add(client);
        try
        {
            while (request is not null)
            {
                var then = await endpoint.ServeAsync(client, request);
                request = then == AfterAnswer.Next ? await NextAsync(client) : null;
                if (then == AfterAnswer.End)
                {
                    await client.Socket.LingerAsync();
                }
            }
        }
        catch (Exception error)
        {
            ProxyLog.ConnectionFailed(logger, error);
        }

        await client.Loop.SwitchTo();
        clients.Remove(client);
        client.End();
    }

    /// <summary>Null when the connection is over, or not ours any more.</summary>
    private async ValueTask<PlainRequest?> NextAsync(PlainClient client)
    {
        client.Expect(keepAlive);
        int count;
        try
        {
            // What is read is used up before anything else may read into it.
            count = _isClosed ? 0 : await client.Socket.ReadAsync(client.Loop.ReadBuffer, CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return null;
        }

        if (count == 0)
        {
            return null;
        }

        var bytes = client.Loop.ReadBuffer.AsMemory(0, count);
        if (!_isClosed
            && RequestHeadReader.OfThread(limits).Read(bytes, out var head, out var consumed) == HeadKind.Plain
            && consumed == count
            && endpoint.TryRead(head!, client.Peer, client.IsTls) is { } request)
        {
            return request;
        }

        client.GiveToServer(bytes.Span);
        return null;
    }
}

/// <summary>The pool of each loop.</summary>
internal sealed class PodPools(IReadOnlyList<EventLoop> loops)
{
    private readonly PodPool[] _pools = [.. loops.Select(l => new PodPool(l))];

    public PodPool Of(EventLoop loop) => _pools[loop.Index];
}
