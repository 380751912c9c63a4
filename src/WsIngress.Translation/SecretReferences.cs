using k8s.Models;
using WsIngress.Translation.Annotations;

namespace WsIngress.Translation;

/// <summary>The Secrets that a translation asks for on behalf of one object, by namespace and name. Pure; a name may be one that does not exist.</summary>
public static class SecretReferences
{
    /// <summary>Of <c>spec.tls</c> and of the annotations that name a Secret.</summary>
    public static IEnumerable<(string Namespace, string Name)> Of(V1Ingress ingress)
    {
        var ns = ingress.Metadata?.NamespaceProperty ?? "";
        foreach (var tls in ingress.Spec?.Tls ?? [])
        {
            if (tls is { SecretName.Length: > 0 })
            {
                yield return (ns, tls.SecretName);
            }
        }

        if (Annotated(ingress.Metadata) is { } name)
        {
            yield return (ns, name);
        }
    }

    public static IEnumerable<(string Namespace, string Name)> Of(V1Service service)
    {
        if (Annotated(service.Metadata) is { } name)
        {
            yield return (service.Metadata.NamespaceProperty ?? "", name);
        }
    }

    private static string? Annotated(V1ObjectMeta? metadata) =>
        metadata?.Annotations is { } annotations && annotations.TryGetValue(AnnotationCatalogue.BackendTlsCaSecret.Name, out var name) && !string.IsNullOrEmpty(name) ? name.Trim() : null;
}
