using System.Collections.Immutable;
using k8s.Models;

namespace WsIngress.Translation;

/// <summary>
/// The whole input of a translation: the objects of one moment, each list sorted by namespace/name. The objects are never
/// changed after they entered a snapshot, so an equal reference means an equal object.
/// </summary>
public sealed record ClusterSnapshot
{
    public static readonly ClusterSnapshot Empty = new();

    public ImmutableArray<V1Ingress> Ingresses { get; init; } = [];
    public ImmutableArray<V1IngressClass> IngressClasses { get; init; } = [];
    public ImmutableArray<V1Service> Services { get; init; } = [];
    public ImmutableArray<V1EndpointSlice> EndpointSlices { get; init; } = [];
    public ImmutableArray<V1Secret> Secrets { get; init; } = [];

    /// <summary>Those that match the namespace selector; read only where <see cref="TranslationOptions.NamespaceSelector"/> is set.</summary>
    public ImmutableArray<V1Namespace> Namespaces { get; init; } = [];
}
