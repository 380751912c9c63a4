using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace WsIngress.Routing;

/// <summary>
/// All routes of one host. <see cref="Host"/> is lower case: an exact name, <c>*.suffix</c> for one label, or empty for
/// requests whose host no other virtual host names.
/// </summary>
public sealed record VirtualHost
{
    public VirtualHost()
    {
    }

    [SetsRequiredMembers]
    private VirtualHost(VirtualHost original) => (Host, Routes, Default, Hash) = (original.Host, original.Routes, original.Default, new());

    public required string Host { get; init; }

    /// <summary>In order of precedence, see <see cref="RoutePrecedence"/>.</summary>
    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Serves what no path of this host matches: <c>spec.defaultBackend</c> of an Ingress that also has rules.</summary>
    public Route? Default { get; init; }

    /// <summary>Counted once: a host that goes from table to table unchanged is not written again to compare tables.</summary>
    internal PartHash Hash { get; } = new();
}

/// <summary>
/// A certificate for an SNI name. <see cref="Host"/> is an exact name, <c>*.suffix</c>, or empty for clients that match none.
/// The key never reaches the canonical JSON; <see cref="Fingerprint"/> (SHA-256 over chain and key, lower hex) stands for it.
/// </summary>
public sealed record TlsBinding
{
    public TlsBinding()
    {
    }

    [SetsRequiredMembers]
    private TlsBinding(TlsBinding original) =>
        (Host, Source, CertificatePem, KeyPem, Fingerprint, Hash) = (original.Host, original.Source, original.CertificatePem, original.KeyPem, original.Fingerprint, new());

    public required string Host { get; init; }

    /// <summary><c>namespace/secret</c>.</summary>
    public required string Source { get; init; }

    public required string CertificatePem { get; init; }
    public required string KeyPem { get; init; }
    public required string Fingerprint { get; init; }

    /// <summary>As that of a host.</summary>
    internal PartHash Hash { get; } = new();

    public override string ToString() => $"{Host} from {Source} ({Fingerprint})";
}
