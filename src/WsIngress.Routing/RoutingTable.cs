using System.Collections.Immutable;

namespace WsIngress.Routing;

/// <summary>
/// Everything the data plane knows, immutable. Two tables with the same <see cref="ContentHash"/> are interchangeable:
/// the second is not published. The revision counts publications and is not part of the content.
/// </summary>
public sealed class RoutingTable
{
    private readonly Lazy<string> _hash;

    public RoutingTable(
        ImmutableArray<VirtualHost> hosts,
        ImmutableArray<Backend> backends,
        ImmutableArray<TlsBinding> tlsBindings,
        Route? defaultRoute = null,
        long revision = 0)
    {
        Hosts = hosts.IsDefault ? [] : hosts;
        Backends = backends.IsDefault ? [] : backends;
        TlsBindings = tlsBindings.IsDefault ? [] : tlsBindings;
        DefaultRoute = defaultRoute;
        Revision = revision;
        _hash = new(() => CanonicalJson.Hash(this));
    }

    public static readonly RoutingTable Empty = new([], [], []);

    /// <summary>Number of the publication, 1 for the first table that went live.</summary>
    public long Revision { get; }

    /// <summary>SHA-256 over the canonical JSON of all parts, lower hex; the revision is none of them.</summary>
    public string ContentHash => _hash.Value;

    /// <summary>Sorted by host, ordinal.</summary>
    public ImmutableArray<VirtualHost> Hosts { get; }

    /// <summary>Sorted by key, ordinal.</summary>
    public ImmutableArray<Backend> Backends { get; }

    /// <summary>Sorted by host, ordinal.</summary>
    public ImmutableArray<TlsBinding> TlsBindings { get; }

    /// <summary>Serves requests that no virtual host takes; null answers 404.</summary>
    public Route? DefaultRoute { get; }

    /// <summary>The same as equal <see cref="ContentHash"/>, and quicker where most parts are the very same objects.</summary>
    public bool HasContentOf(RoutingTable other) => ReferenceEquals(this, other) || CanonicalJson.HaveSameHash(this, other);

    public RoutingTable WithRevision(long revision) => new(Hosts, Backends, TlsBindings, DefaultRoute, revision);

    /// <summary>One JSON text for goldens, hashes and the admin API; members at their default are left out.</summary>
    public string ToCanonicalJson() => CanonicalJson.Write(this);
}
