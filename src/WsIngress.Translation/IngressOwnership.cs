using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Which Ingresses a translation would take for ours, for those who must know it before there is one.</summary>
public sealed class IngressOwnership
{
    private readonly ClassFilter _classes;

    /// <param name="classes">All IngressClasses.</param>
    /// <param name="namespaces">Those that the namespace selector chose; looked at only where there is one.</param>
    /// <param name="options">Which of them are ours.</param>
    public IngressOwnership(IEnumerable<V1IngressClass> classes, IEnumerable<V1Namespace> namespaces, TranslationOptions options) =>
        _classes = new(new SnapshotIndex(new ClusterSnapshot { IngressClasses = [.. classes], Namespaces = [.. namespaces] }), options);

    public bool IsOurs(V1Ingress ingress) => _classes.Decide(ingress, default).IgnoredBecause is null;
}
