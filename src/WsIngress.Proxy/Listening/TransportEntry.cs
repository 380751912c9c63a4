using WsIngress.Proxy.Plain;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;

namespace WsIngress.Proxy.Listening;

/// <summary>Reads the first head of a connection and gives the connection to whoever serves heads of its kind; all others are Kestrel's.</summary>
internal sealed class TransportEntry(HeadLimits limits, TransportUpgrades upgrades, PlainRequests plain) : IRequestEntry
{
    public bool TryTake(EventLoop loop, ReadOnlyMemory<byte> first, ConnectionEnds ends, bool isTls, IFreshConnection connection)
    {
        switch (RequestHeadReader.OfThread(limits).Read(first, out var head, out var consumed))
        {
            case HeadKind.Upgrade:
                var early = consumed == first.Length ? [] : first.Span[consumed..].ToArray();
                upgrades.Take(loop, head!, early, ends, isTls, connection);
                return true;
            case HeadKind.Plain when consumed == first.Length:
                return plain.TryTake(loop, head!, ends, isTls, connection);
            default:
                return false;
        }
    }
}
