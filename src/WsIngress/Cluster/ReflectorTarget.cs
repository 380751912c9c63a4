using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>What one Reflector follows: a kind, in one namespace or in all, with selectors or without.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The one namespace whose objects are read; null for all, and for kinds without namespaces.</param>
/// <param name="LabelSelector">Applied by the server; null for none.</param>
/// <param name="FieldSelector">Applied by the server; null for none.</param>
/// <param name="Name">The one object that is read; null for all.</param>
internal sealed record ReflectorTarget(ObjectKind Kind, string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null, string? Name = null)
{
    public ObjectKindInfo Info => ObjectKindInfo.Of(Kind);

    /// <summary>The collection's path, such as <c>/apis/networking.k8s.io/v1/namespaces/shop/ingresses</c>.</summary>
    public string Path => $"{(Info.Group.Length == 0 ? "/api" : "/apis")}/{Info.ApiVersion}{(Namespace is null ? "" : $"/namespaces/{Uri.EscapeDataString(Namespace)}")}/{Info.Plural}";

    public bool Covers(ObjectKey key) => (Namespace is null || Namespace == key.Namespace) && (Name is null || Name == key.Name);

    public string ListPath(int limit, string token, string? name = null) =>
        $"{Path}?limit={limit}{Query("continue", token)}{Selectors(name)}";

    public string WatchPath(string version, TimeSpan time) =>
        $"{Path}?watch=1&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(version)}&timeoutSeconds={(int)time.TotalSeconds}{Selectors(null)}";

    /// <summary>For people: the right that a request needs, such as <c>list ingresses (API group networking.k8s.io) in namespace shop</c>.</summary>
    public string Right(string verb) =>
        $"{verb} {Info.Plural} (API group {(Info.Group.Length == 0 ? "\"\"" : Info.Group)}) {(Namespace is not null ? $"in namespace {Namespace}" : Info.Namespaced ? "in all namespaces" : "of the cluster")}";

    public override string ToString() => Namespace is null ? Info.Plural : $"{Info.Plural} of {Namespace}";

    private string Selectors(string? name)
    {
        name ??= Name;
        var fields = (name, FieldSelector) switch
        {
            (null, _) => FieldSelector,
            (_, null) => $"metadata.name={name}",
            _ => $"metadata.name={name},{FieldSelector}",
        };
        return Query("labelSelector", LabelSelector) + Query("fieldSelector", fields);
    }

    private static string Query(string name, string? value) => string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
