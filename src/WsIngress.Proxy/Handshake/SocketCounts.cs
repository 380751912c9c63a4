using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// Open sockets of Ingresses and of their clients, handshakes under way included, where a limit asks for the count. What is counted follows from
/// the route and the client's address alone, so that an idle socket holds nothing for it. For any thread.
/// </summary>
internal sealed class SocketCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CountKey, int> _open = [];

    /// <summary>Takes one place; to be given back by <see cref="Return"/> exactly once. Answers what is full, and then nothing was taken.</summary>
    public HandshakeRefusal TryTake(RouteState route, IPAddress client)
    {
        if (!route.HasSocketLimits)
        {
            return HandshakeRefusal.None;
        }

        var policy = route.Policy.WebSocket;
        var (all, own) = Keys(route, client);
        lock (_gate)
        {
            if (IsFull(all, policy.MaxConnections))
            {
                return HandshakeRefusal.IngressFull;
            }

            if (IsFull(own, policy.MaxConnectionsPerClient))
            {
                return HandshakeRefusal.ClientFull;
            }

            Add(all, 1);
            Add(own, 1);
        }

        return HandshakeRefusal.None;
    }

    /// <summary>Gives back what was taken with the same route and client.</summary>
    public void Return(RouteState route, IPAddress client)
    {
        if (!route.HasSocketLimits)
        {
            return;
        }

        var (all, own) = Keys(route, client);
        lock (_gate)
        {
            Add(all, -1);
            Add(own, -1);
        }
    }

    private static (CountKey All, CountKey Own) Keys(RouteState route, IPAddress client) => (new(route.Route.Owner, null), new(route.Route.Owner, ClientOf(client)));

    /// <summary>An IPv4 address, or the /64 of an IPv6 address: that is what one subscriber is given (RFC 6177).</summary>
    private static ulong ClientOf(IPAddress client)
    {
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out _);
        return client.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes) | (1UL << 63);
    }

    private bool IsFull(CountKey key, int most) => most > 0 && _open.GetValueOrDefault(key) >= most;

    private void Add(CountKey key, int change)
    {
        var count = _open.GetValueOrDefault(key) + change;
        if (count > 0)
        {
            _open[key] = count;
        }
        else
        {
            _open.Remove(key);
        }
    }

    /// <summary>An Ingress, and one client of it, or null for all.</summary>
    private readonly record struct CountKey(RouteOwner Owner, ulong? Client);
}
