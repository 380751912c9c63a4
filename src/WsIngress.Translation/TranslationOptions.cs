using WsIngress.Translation.Annotations;

namespace WsIngress.Translation;

/// <summary>Which Ingresses are ours and what they may ask for. The same for every translation of a process.</summary>
public sealed record TranslationOptions
{
    public static readonly TranslationOptions Default = new();

    /// <summary>Name of our IngressClass, and the value of the legacy annotation <c>kubernetes.io/ingress.class</c> that means us.</summary>
    public string IngressClass { get; init; } = "wsingress";

    /// <summary>Value of <c>spec.controller</c> of the IngressClasses that are ours.</summary>
    public string ControllerName { get; init; } = "wsingress.io/ingress-controller";

    /// <summary>Take Ingresses that name no class even without an IngressClass marked as default (on in standalone mode).</summary>
    public bool WatchIngressWithoutClass { get; init; }

    /// <summary>Take <c>spec.ingressClassName</c> equal to <see cref="IngressClass"/> though no such IngressClass object exists (on in standalone mode).</summary>
    public bool IngressClassByName { get; init; }

    /// <summary>
    /// False: no IngressClass is read, so <c>spec.ingressClassName</c> is ours if it is <see cref="IngressClass"/>, and every other name is another
    /// controller's business: nobody knows whether its class exists.
    /// </summary>
    public bool IngressClassLookup { get; init; } = true;

    /// <summary>For messages: the label selector of the namespaces whose Ingresses are ours, applied by whoever fills <see cref="ClusterSnapshot.Namespaces"/>; null for all namespaces.</summary>
    public string? NamespaceSelector { get; init; }

    /// <summary><c>namespace/name</c> of the Secret whose certificate is served to clients that no other certificate is for; null keeps the self-signed one.</summary>
    public string? DefaultCertificate { get; init; }

    /// <summary>False turns a route to an ExternalName Service into 503 with a Problem.</summary>
    public bool AllowExternalName { get; init; } = true;

    /// <summary>What annotations say where no object sets them.</summary>
    public AnnotationDefaults Defaults { get; init; } = AnnotationDefaults.None;
}
