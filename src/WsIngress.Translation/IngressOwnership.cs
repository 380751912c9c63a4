using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Which Ingresses a translation would take for ours by their class, for those who must know it before there is one.</summary>
public sealed class IngressOwnership
{
    private readonly ClassFilter _classes;

    public IngressOwnership(IEnumerable<V1IngressClass> classes, TranslationOptions options) =>
        _classes = new(new SnapshotIndex(new ClusterSnapshot { IngressClasses = [.. classes] }), options);

    public bool IsOurs(V1Ingress ingress) => _classes.ByClass(ingress, default).IgnoredBecause is null;
}
