using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Routing;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// Open sockets of namespaces, of Ingresses, of their clients and of their keys, handshakes under way included, where a limit asks for the count. What is
/// counted follows from the route, the client's address and the key alone; there are never more counts than sockets. For any thread.
/// </summary>
/// <param name="mostPerNamespace">Of all Ingresses of one namespace; zero: no limit, and nothing is counted for it.</param>
internal sealed class SocketCounts(int mostPerNamespace = 0)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CountKey, int> _open = [];

    /// <summary>Whether sockets of the route are counted at all.</summary>
    public bool Counts(RouteState route) => route.HasSocketLimits || mostPerNamespace > 0;

    /// <summary>Counts that are not zero.</summary>
    public int Size
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>
    /// The value that a socket of a limited key is counted by, of one length whatever the network sent (half of a SHA-256: nobody finds another with the same).
    /// Zero for the client's address.
    /// </summary>
    /// <param name="text">Null or empty: the handshake lacks it.</param>
    public static UInt128 KeyOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return UInt128.Zero;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>Takes one place; to be given back by <see cref="Return"/> exactly once. Answers what is full, and then nothing was taken.</summary>
    public HandshakeRefusal TryTake(RouteState route, IPAddress client, UInt128 key)
    {
        if (!Counts(route))
        {
            return HandshakeRefusal.None;
        }

        var counts = CountsOf(route, client, key);
        lock (_gate)
        {
            foreach (var (count, most, full) in counts)
            {
                if (most > 0 && _open.GetValueOrDefault(count) >= most)
                {
                    return full;
                }
            }

            foreach (var (count, _, _) in counts)
            {
                Add(count, 1);
            }
        }

        return HandshakeRefusal.None;
    }

    /// <summary>Gives back what was taken with the same route, client and key.</summary>
    public void Return(RouteState route, IPAddress client, UInt128 key)
    {
        if (!Counts(route))
        {
            return;
        }

        var counts = CountsOf(route, client, key);
        lock (_gate)
        {
            foreach (var (count, _, _) in counts)
            {
                Add(count, -1);
            }
        }
    }

    /// <summary>All that a socket of the route counts for: the widest first.</summary>
    private List<(CountKey Count, int Most, HandshakeRefusal Full)> CountsOf(RouteState route, IPAddress client, UInt128 key)
    {
        var (owner, policy, address) = (route.Route.Owner, route.Policy.WebSocket, ClientOf(client));
        var counts = new List<(CountKey, int, HandshakeRefusal)>(4);
        if (mostPerNamespace > 0)
        {
            counts.Add((new(new(owner.Namespace, ""), CountKind.Namespace, 0), mostPerNamespace, HandshakeRefusal.NamespaceFull));
        }

        if (route.HasSocketLimits)
        {
            counts.Add((new(owner, CountKind.Ingress, 0), policy.MaxConnections, HandshakeRefusal.IngressFull));
            counts.Add((new(owner, CountKind.Client, address), policy.MaxConnectionsPerClient, HandshakeRefusal.ClientFull));
        }

        if (policy.MaxConnectionsPerKey > 0)
        {
            counts.Add((key != 0 ? new(owner, CountKind.Key, key) : new(owner, CountKind.KeyAddress, address), policy.MaxConnectionsPerKey, HandshakeRefusal.KeyFull));
        }

        return counts;
    }

    /// <summary>An IPv4 address, or the /64 of an IPv6 address: that is what one subscriber is given (RFC 6177).</summary>
    private static UInt128 ClientOf(IPAddress client)
    {
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out _);
        return client.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes) | (UInt128.One << 64);
    }

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

    private enum CountKind
    {
        Namespace,
        Ingress,
        Client,
        Key,

        /// <summary>The address of a client that sent no key.</summary>
        KeyAddress,
    }

    /// <summary>What is counted, and the one of its kind that is meant.</summary>
    private readonly record struct CountKey(RouteOwner Owner, CountKind Kind, UInt128 Value);
}
