using k8s;
using k8s.Models;

namespace WsIngress.Sources;

/// <summary>The Kubernetes kinds that WsIngress reads. The member name is the kind's own name.</summary>
internal enum ObjectKind
{
    Ingress,
    IngressClass,
    Service,
    EndpointSlice,
    Secret,

    /// <summary>Only those that the namespace selector chose; none where there is no selector.</summary>
    Namespace,
}

/// <summary>What the API says about a kind: group and version, the model that holds it, and whether it lives in a namespace.</summary>
internal sealed record ObjectKindInfo(ObjectKind Kind, string Group, string Version, Type Model, bool Namespaced)
{
    private static readonly ObjectKindInfo[] Table =
    [
        new(ObjectKind.Ingress, "networking.k8s.io", "v1", typeof(V1Ingress), Namespaced: true),
        new(ObjectKind.IngressClass, "networking.k8s.io", "v1", typeof(V1IngressClass), Namespaced: false),
        new(ObjectKind.Service, "", "v1", typeof(V1Service), Namespaced: true),
        new(ObjectKind.EndpointSlice, "discovery.k8s.io", "v1", typeof(V1EndpointSlice), Namespaced: true),
        new(ObjectKind.Secret, "", "v1", typeof(V1Secret), Namespaced: true),
        new(ObjectKind.Namespace, "", "v1", typeof(V1Namespace), Namespaced: false),
    ];

    /// <summary>In the order of <see cref="ObjectKind"/>.</summary>
    public static IReadOnlyList<ObjectKindInfo> All => Table;

    public string Name { get; } = Kind.ToString();

    /// <summary>The kind's name in paths and in rights, such as <c>ingressclasses</c>.</summary>
    public string Plural { get; } = Kind switch
    {
        ObjectKind.Ingress => "ingresses",
        ObjectKind.IngressClass => "ingressclasses",
        _ => Kind.ToString().ToLowerInvariant() + "s",
    };

    public string ApiVersion { get; } = Group.Length == 0 ? Version : $"{Group}/{Version}";

    public static ObjectKindInfo Of(ObjectKind kind) => Table[(int)kind];

    /// <summary>The kind of an object, by its model.</summary>
    public static ObjectKindInfo Of(IKubernetesObject<V1ObjectMeta> found) =>
        Array.Find(Table, info => info.Model == found.GetType())
        ?? throw new ArgumentException($"{found.GetType().Name} is no kind that is read here", nameof(found));
}
