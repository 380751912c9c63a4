using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace WsIngress.Routing;

/// <summary>A Service port and the pods behind it. <see cref="Key"/> is <c>namespace/service:port</c>.</summary>
public sealed record Backend
{
    public Backend()
    {
    }

    [SetsRequiredMembers]
    private Backend(Backend original) =>
        (Key, Namespace, Service, Endpoints, Hash) = (original.Key, original.Namespace, original.Service, original.Endpoints, new());

    public required string Key { get; init; }
    public required string Namespace { get; init; }
    public required string Service { get; init; }

    /// <summary>Sorted by key; ready, and those that are still serving while they terminate.</summary>
    public ImmutableArray<Endpoint> Endpoints { get; init; } = [];

    /// <summary>As <see cref="VirtualHost.Hash"/>.</summary>
    internal PartHash Hash { get; } = new();
}

/// <summary>One pod behind a backend.</summary>
public sealed record Endpoint
{
    /// <summary>An IP address, or a DNS name for an ExternalName Service.</summary>
    public required string Address { get; init; }

    public required int Port { get; init; }

    /// <summary>UID of the target pod; null when the slice names none.</summary>
    public string? PodUid { get; init; }

    /// <summary>Name of the target pod, for logs.</summary>
    public string? PodName { get; init; }

    /// <summary>Gets new requests. False keeps the endpoint known, so that its open sockets keep their state.</summary>
    public bool Ready { get; init; } = true;

    public bool Serving { get; init; } = true;

    /// <summary>The pod is going: it gets nothing new.</summary>
    public bool Terminating { get; init; }

    /// <summary>Share of new requests beside its siblings, 1 and up.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>May be picked for a new request or socket.</summary>
    public bool Eligible => Ready && !Terminating;

    /// <summary>Identity of live state: the pod's UID, else <c>address:port</c>. A pod that comes back on the same address is another pod.</summary>
    public string StateKey => PodUid ?? Authority;

    /// <summary><c>address:port</c>, IPv6 in brackets.</summary>
    public string Authority => Address.Contains(':') ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
