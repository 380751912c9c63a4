using k8s.Models;
using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>
/// What one sequence of translations remembers, so that a small change costs little: drafts of Ingresses, the index of the objects, the last
/// table. It changes no result. One owner, one translation at a time; snapshots must keep the reference of every object that did not change.
/// </summary>
public sealed class TranslationMemory
{
    internal Dictionary<V1Ingress, IngressDraft> Drafts { get; set; } = new(ReferenceEqualityComparer.Instance);

    internal SnapshotIndex? Index { get; set; }

    internal IngressSequence Ingresses { get; } = new();

    internal TranslationOptions? Options { get; set; }

    /// <summary>Where a partial translation may begin; null when the next one has to be whole.</summary>
    internal SettledTranslation? Settled { get; set; }

    internal RoutingTable Table { get; set; } = RoutingTable.Empty;
}
