using k8s.Models;
using WsIngress.Translation.Annotations;

namespace WsIngress.Translation;

/// <summary>The Secrets that a translation may ask for, by namespace and name. Pure; a name may be one that does not exist.</summary>
public static class SecretReferences
{
    /// <summary>Of all Ingresses that are ours, their Services, and the default certificate.</summary>
    public static IReadOnlySet<(string Namespace, string Name)> Of(ClusterSnapshot snapshot, TranslationOptions options)
    {
        var ownership = new IngressOwnership(snapshot.IngressClasses, snapshot.Namespaces, options);
        var services = new Dictionary<(string, string), V1Service>();
        foreach (var service in snapshot.Services)
        {
            services.TryAdd((service.Metadata?.NamespaceProperty ?? "", service.Metadata?.Name ?? ""), service);
        }

        var named = snapshot.Ingresses.Where(ownership.IsOurs).SelectMany(ingress => Of(ingress, services.GetValueOrDefault)).ToHashSet();
        if (options.DefaultCertificate?.Split('/') is [var ns, var name])
        {
            named.Add((ns, name));
        }

        return named;
    }

    /// <summary>Of one Ingress, be it ours or not: <c>spec.tls</c>, and the annotation that names authorities, on it or on a Service of its paths.</summary>
    /// <param name="ingress">The Ingress.</param>
    /// <param name="service">The Service of a namespace and name; null for one that is absent or known to name no Secret.</param>
    public static IEnumerable<(string Namespace, string Name)> Of(V1Ingress ingress, Func<(string Namespace, string Name), V1Service?> service)
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

        foreach (var backend in Backends(ingress))
        {
            if (backend?.Service?.Name is { Length: > 0 } used && service((ns, used)) is { } found && Of(found) is { } reference)
            {
                yield return reference;
            }
        }
    }

    /// <summary>The Secret that a Service names; null for none.</summary>
    public static (string Namespace, string Name)? Of(V1Service service) =>
        Annotated(service.Metadata) is { } name ? (service.Metadata.NamespaceProperty ?? "", name) : null;

    private static IEnumerable<V1IngressBackend?> Backends(V1Ingress ingress)
    {
        yield return ingress.Spec?.DefaultBackend;
        foreach (var rule in ingress.Spec?.Rules ?? [])
        {
            foreach (var path in rule?.Http?.Paths ?? [])
            {
                yield return path?.Backend;
            }
        }
    }

    private static string? Annotated(V1ObjectMeta? metadata) =>
        metadata?.Annotations is { } annotations && annotations.TryGetValue(AnnotationCatalogue.BackendTlsCaSecret.Name, out var name) && !string.IsNullOrWhiteSpace(name) ? name.Trim() : null;
}
