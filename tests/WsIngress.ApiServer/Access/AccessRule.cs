namespace WsIngress.ApiServer;

/// <summary>One right, as in a Role: any of the verbs on any of the resources. "*" stands for all.</summary>
/// <param name="Verbs">get, list, watch, create, update, patch, delete.</param>
/// <param name="Group">API group; "" for core.</param>
/// <param name="Resource">Plural, or plural/status.</param>
/// <param name="Namespace">The one namespace, or null for the whole cluster.</param>
/// <param name="Name">The one object, or null for all; gives no right to list, watch or create without it.</param>
public sealed record AccessRule(IReadOnlyList<string> Verbs, string Group, string Resource, string? Namespace = null, string? Name = null)
{
    /// <summary>May do everything.</summary>
    public static AccessRule Everything { get; } = new(["*"], "*", "*");

    /// <summary>get, list and watch of one resource.</summary>
    public static AccessRule Read(string group, string resource, string? ns = null) => new(["get", "list", "watch"], group, resource, ns);

    internal bool Allows(string verb, string group, string resource, string ns, string name) =>
        (Verbs.Contains("*") || Verbs.Contains(verb))
        && (Group == "*" || Group == group)
        && (Resource == "*" || Resource == resource)
        && (Namespace is null || Namespace == ns)
        && (Name is null || Name == name);
}
