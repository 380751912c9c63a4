namespace WsIngress.ApiServer;

/// <summary>A resource path taken apart: <c>/apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUB]]</c> or <c>/api/v1/…</c>.</summary>
/// <param name="Group">API group; "" for core.</param>
/// <param name="Version">API version.</param>
/// <param name="Namespace">"" at the cluster scope.</param>
/// <param name="Plural">Resource.</param>
/// <param name="Name">"" for the collection.</param>
/// <param name="Sub">Sub-resource, or null.</param>
internal sealed record ApiPath(string Group, string Version, string Namespace, string Plural, string Name, string? Sub)
{
    /// <summary>Null when the path names no resource: discovery, health and the unknown.</summary>
    public static ApiPath? Parse(string path)
    {
        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = steps switch
        {
            ["api", var v, .. var r] => ("", v, r),
            ["apis", var g, var v, .. var r] => (g, v, r),
            _ => ("", "", []),
        };
        return rest switch
        {
            ["namespaces"] => new ApiPath(group, version, "", "namespaces", "", null),
            ["namespaces", var name] => new ApiPath(group, version, "", "namespaces", name, null),
            ["namespaces", var name, "status" or "finalize"] => new ApiPath(group, version, "", "namespaces", name, rest[2]),
            ["namespaces", var ns, var plural] => new ApiPath(group, version, ns, plural, "", null),
            ["namespaces", var ns, var plural, var name] => new ApiPath(group, version, ns, plural, name, null),
            ["namespaces", var ns, var plural, var name, var sub] => new ApiPath(group, version, ns, plural, name, sub),
            [var plural] => new ApiPath(group, version, "", plural, "", null),
            [var plural, var name] => new ApiPath(group, version, "", plural, name, null),
            [var plural, var name, var sub] => new ApiPath(group, version, "", plural, name, sub),
            _ => null,
        };
    }

    /// <summary>The served kind, or null.</summary>
    public ResourceKind? Kind() => ResourceKind.All.FirstOrDefault(k => k.Group == Group && k.Version == Version && k.Plural == Plural);
}
