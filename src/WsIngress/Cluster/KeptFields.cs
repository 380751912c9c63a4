using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation.Annotations;

namespace WsIngress.Cluster;

/// <summary>
/// What is read of each kind. Everything else is passed over in the bytes and never becomes an object: managed fields alone are often
/// more than half of one. A field that the translation begins to read belongs here too; a test translates every golden case both ways.
/// </summary>
internal static class KeptFields
{
    private const string ServiceName = "kubernetes.io/service-name";

    private static readonly FrozenSet<string> ReadAnnotations = ["kubernetes.io/ingress.class", "ingressclass.kubernetes.io/is-default-class"];

    /// <summary>By model; a model that is not listed is read whole.</summary>
    private static readonly FrozenDictionary<Type, FrozenSet<string>> Fields = new Dictionary<Type, FrozenSet<string>>
    {
        [typeof(V1ObjectMeta)] = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "generation", "labels", "annotations"],
        [typeof(V1Ingress)] = ["metadata", "spec", "status"],
        [typeof(V1IngressClass)] = ["metadata", "spec"],
        [typeof(V1IngressClassSpec)] = ["controller"],
        [typeof(V1Service)] = ["metadata", "spec", "status"],
        [typeof(V1ServiceSpec)] = ["type", "externalName", "ipFamilies", "clusterIP", "externalIPs", "ports"],
        [typeof(V1ServicePort)] = ["name", "port", "protocol"],
        [typeof(V1ServiceStatus)] = ["loadBalancer"],
        [typeof(V1EndpointSlice)] = ["metadata", "addressType", "endpoints", "ports"],
        [typeof(V1Endpoint)] = ["addresses", "conditions", "targetRef"],
        [typeof(V1ObjectReference)] = ["kind", "name", "uid"],
        [typeof(Discoveryv1EndpointPort)] = ["name", "port", "protocol"],
        [typeof(V1Secret)] = ["metadata", "type", "data"],
        [typeof(V1Namespace)] = ["metadata"],
    }.ToFrozenDictionary();

    private static readonly JsonTypeInfo[] Infos = [.. ObjectKindInfo.All.Select(kind => Options(kind.Kind).GetTypeInfo(kind.Model))];

    /// <summary>How to read an object of the kind.</summary>
    public static JsonTypeInfo Of(ObjectKind kind) => Infos[(int)kind];

    private static JsonSerializerOptions Options(ObjectKind kind)
    {
        var resolver = new DefaultJsonTypeInfoResolver();
        resolver.Modifiers.Add(type => Narrow(type, kind));
        var options = new JsonSerializerOptions { TypeInfoResolver = resolver };
        options.Converters.Add(new PooledText());
        options.MakeReadOnly();
        return options;
    }

    private static void Narrow(JsonTypeInfo type, ObjectKind kind)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        var kept = Fields.GetValueOrDefault(type.Type);
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            var field = type.Properties[i];
            field.IsRequired = false;
            if ((kept is not null && !kept.Contains(field.Name)) || IsUnread(type.Type, field.Name, kind))
            {
                type.Properties.RemoveAt(i);
            }
            else if (type.Type == typeof(V1ObjectMeta) && field.Name == "labels")
            {
                field.CustomConverter = new NarrowMap<string>(static key => key == ServiceName, PooledText.Of);
            }
            else if (type.Type == typeof(V1ObjectMeta) && field.Name == "annotations")
            {
                field.CustomConverter = new NarrowMap<string>(IsReadAnnotation, PooledText.Of);
            }
            else if (type.Type == typeof(V1Secret) && field.Name == "data")
            {
                field.CustomConverter = new NarrowMap<byte[]>(static key => key is "tls.crt" or "tls.key" or "ca.crt", static (ref reader) => reader.GetBytesFromBase64());
            }
        }
    }

    private static bool IsUnread(Type type, string field, ObjectKind kind) => type == typeof(V1ObjectMeta) && field switch
    {
        "labels" => kind != ObjectKind.EndpointSlice,
        "annotations" => kind is ObjectKind.EndpointSlice or ObjectKind.Secret or ObjectKind.Namespace,
        _ => false,
    };

    private static bool IsReadAnnotation(string name) => AnnotationCatalogue.IsOfInterest(name) || ReadAnnotations.Contains(name);
}
