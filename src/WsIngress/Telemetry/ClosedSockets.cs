using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;

namespace WsIngress.Telemetry;

/// <summary>The sockets that ended last, the youngest first; 10,000 of them, some 4 MB. For any thread.</summary>
internal sealed class ClosedSockets(TimeProvider time, int capacity = 10_000) : IProxyTelemetry
{
    private readonly Lock _gate = new();
    private readonly Queue<ClosedSocket> _closed = [];

    public void SocketClosed(SocketFacts facts, RelayReport report)
    {
        var closed = new ClosedSocket(facts, report, time.GetUtcNow());
        lock (_gate)
        {
            if (_closed.Count == capacity)
            {
                _closed.Dequeue();
            }

            _closed.Enqueue(closed);
        }
    }

    /// <summary>Those that are kept at this moment.</summary>
    public IReadOnlyList<ClosedSocket> Newest()
    {
        lock (_gate)
        {
            return [.. _closed.Reverse()];
        }
    }

    /// <summary>Null when it is open, unknown or too long ago.</summary>
    public ClosedSocket? Find(string id)
    {
        lock (_gate)
        {
            return _closed.FirstOrDefault(closed => closed.Facts.Id == id);
        }
    }

    public void HttpCompleted(HttpFacts facts)
    {
    }

    public void HandshakeCompleted(HandshakeFacts facts)
    {
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request)
    {
    }
}

/// <summary>A socket that has ended.</summary>
internal sealed record ClosedSocket(SocketFacts Facts, RelayReport Report, DateTimeOffset At);
