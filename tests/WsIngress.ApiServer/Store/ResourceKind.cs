namespace WsIngress.ApiServer;

/// <summary>One kind that the fake serves: where it lives, how it is named, which sub-resources and selectors it has.</summary>
/// <param name="Group">API group; empty for core.</param>
/// <param name="Version">API version, "v1".</param>
/// <param name="Plural">Resource name in paths and rules, "ingresses"; the key of the kind everywhere in the fake.</param>
/// <param name="Kind">Object kind, "Ingress".</param>
/// <param name="Namespaced">Whether objects live in a namespace.</param>
public sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>Every kind served, in the order of discovery.</summary>
    public static IReadOnlyList<ResourceKind> All { get; } =
    [
        new("", "v1", "namespaces", "Namespace", false) { HasStatus = true, ShortName = "ns" },
        new("", "v1", "pods", "Pod", true) { HasStatus = true, CountsGeneration = true, ShortName = "po" },
        new("", "v1", "secrets", "Secret", true) { FieldSelectors = ["metadata.name", "metadata.namespace", "type"] },
        new("", "v1", "services", "Service", true) { HasStatus = true, ShortName = "svc" },
        new("networking.k8s.io", "v1", "ingressclasses", "IngressClass", false) { CountsGeneration = true, BookmarkHasSpec = true },
        new("networking.k8s.io", "v1", "ingresses", "Ingress", true) { HasStatus = true, CountsGeneration = true, BookmarkHasSpec = true, ShortName = "ing" },
        new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true) { CountsGeneration = true },
        new("coordination.k8s.io", "v1", "leases", "Lease", true) { PutCreates = true, PutNeedsVersion = true, MicroTimes = ["spec.acquireTime", "spec.renewTime"], BookmarkHasSpec = true },
        new("events.k8s.io", "v1", "events", "Event", true) { PutCreates = true, MicroTimes = ["eventTime", "series.lastObservedTime"], ShortName = "ev" },
    ];

    /// <summary>Whether <c>/status</c> exists and writes of the main resource drop <c>status</c>.</summary>
    public bool HasStatus { get; init; }

    /// <summary>Whether <c>metadata.generation</c> counts the changes outside metadata and status.</summary>
    public bool CountsGeneration { get; init; }

    /// <summary>Whether PUT of an absent object creates it.</summary>
    public bool PutCreates { get; init; }

    /// <summary>Whether PUT without a resourceVersion is 422.</summary>
    public bool PutNeedsVersion { get; init; }

    /// <summary>Whether a bookmark of this kind shows an empty <c>spec</c>.</summary>
    public bool BookmarkHasSpec { get; init; }

    /// <summary>Fields (dotted) that take times with exactly six digits.</summary>
    public IReadOnlyList<string> MicroTimes { get; init; } = [];

    /// <summary>Fields that a fieldSelector may name.</summary>
    public IReadOnlyList<string> FieldSelectors { get; init; } = ["metadata.name", "metadata.namespace"];

    /// <summary>The short name of kubectl, or empty.</summary>
    public string ShortName { get; init; } = "";

    /// <summary>"v1" or "networking.k8s.io/v1".</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>How messages name the resource: "secrets" or "ingresses.networking.k8s.io".</summary>
    public string Resource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>How messages of validation name the kind: "Secret" or "Ingress.networking.k8s.io".</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    /// <summary>The kind with this plural name.</summary>
    /// <exception cref="ArgumentException">The fake does not serve it.</exception>
    public static ResourceKind Of(string plural) =>
        All.FirstOrDefault(k => k.Plural == plural)
        ?? throw new ArgumentException($"The fake API server has no kind '{plural}'; it serves {string.Join(", ", All.Select(k => k.Plural))}.", nameof(plural));
}
