using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>An endpoint with its live state and the token that an affinity cookie carries for it.</summary>
public sealed class EndpointEntry
{
    public EndpointEntry(Endpoint endpoint, EndpointState state)
    {
        Endpoint = endpoint;
        State = state;
        Hash = SHA256.HashData(Encoding.UTF8.GetBytes(endpoint.StateKey));

        // Half of a hash: long enough to be unique, and it tells the client neither address nor UID of the pod.
        AffinityToken = Convert.ToHexStringLower(Hash.AsSpan(0, 16));
        HashSeed = BitConverter.ToUInt64(Hash, 16);
        Target = IPAddress.TryParse(endpoint.Address, out var address) ? new IPEndPoint(address, endpoint.Port) : new DnsEndPoint(endpoint.Address, endpoint.Port);
        Authority = endpoint.Authority;
    }

    public Endpoint Endpoint { get; }

    public EndpointState State { get; }

    public string AffinityToken { get; }

    /// <summary>As logs name it.</summary>
    public string Authority { get; }

    /// <summary>Where to connect to; null for a name, which is resolved each time.</summary>
    internal IPEndPoint? Address => Target as IPEndPoint;

    /// <summary>What connections to it are kept under: its address, or its name, however that was resolved.</summary>
    internal EndPoint Target { get; }

    internal ulong HashSeed { get; }

    private byte[] Hash { get; }
}

/// <summary>The endpoints of one backend at one moment, immutable; <see cref="Eligible"/> may be picked.</summary>
internal sealed class EndpointSet
{
    public static readonly EndpointSet Empty = new([], []);

    public EndpointSet(ImmutableArray<Endpoint> source, EndpointEntry[] entries)
    {
        Source = source;
        All = entries;
        Eligible = Array.TrueForAll(entries, e => e.Endpoint.Eligible) ? entries : Array.FindAll(entries, e => e.Endpoint.Eligible);
    }

    public ImmutableArray<Endpoint> Source { get; }

    public EndpointEntry[] All { get; }

    public EndpointEntry[] Eligible { get; }
}
