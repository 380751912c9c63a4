using System.Collections.Immutable;
using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>What became of one Ingress; the status writer and the admin API say it to the user.</summary>
public enum IngressState
{
    /// <summary>All that it asked for is served; it may have warnings.</summary>
    Served,

    /// <summary>Some routes are served; its problems say which are not, or what else (TLS, a policy) is not as asked.</summary>
    Partial,

    /// <summary>None of its routes is served.</summary>
    Refused,

    /// <summary>It belongs to another class.</summary>
    Ignored,
}

/// <summary>The outcome for one Ingress of the snapshot, ours or not.</summary>
public sealed record IngressReport
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required IngressState State { get; init; }

    /// <summary>Why it is ignored, or empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Hosts with at least one route of this Ingress, sorted; empty text stands for any host.</summary>
    public ImmutableArray<string> Hosts { get; init; } = [];

    /// <summary>Routes in the table that it owns.</summary>
    public int Routes { get; init; }

    public ImmutableArray<Problem> Problems { get; init; } = [];
}

/// <summary>A translation: the table, a report per Ingress and every problem, each sorted so that equal input gives equal text.</summary>
public sealed record TranslationResult(RoutingTable Table, ImmutableArray<IngressReport> Reports, ImmutableArray<Problem> Problems);
