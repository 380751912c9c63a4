using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Annotations;

namespace WsIngress.Translation;

/// <summary>What one Ingress asks for, before it meets the others; filled by the steps in turn.</summary>
internal sealed class IngressDraft
{
    public IngressDraft(V1Ingress ingress)
    {
        Ingress = ingress;
        Owner = new(ingress.Metadata?.NamespaceProperty ?? "", ingress.Metadata?.Name ?? "");
        Reference = new("Ingress", Owner.Namespace, Owner.Name);
        Annotations = new(Reference);
    }

    public V1Ingress Ingress { get; }
    public RouteOwner Owner { get; }
    public ObjectReference Reference { get; }

    /// <summary>Null when it is ours.</summary>
    public string? IgnoredBecause { get; set; }

    public AnnotationSet Annotations { get; set; }

    /// <summary>Valid hosts of its rules in their order, rules without http included; a host may stand twice.</summary>
    public List<string> Hosts { get; } = [];

    public List<RouteDraft> Routes { get; } = [];

    /// <summary><c>spec.defaultBackend</c>.</summary>
    public Route? Default { get; set; }

    public List<TlsDraft> Tls { get; } = [];
    public List<Problem> Problems { get; } = [];

    /// <summary>Hosts of the table with at least one of its routes, once for each route.</summary>
    public List<string> ServedHosts { get; } = [];

    /// <summary>Its routes in the table.</summary>
    public int Placed { get; set; }

    /// <summary>Things it asked for that are served: routes with a backend and an open policy, and hosts without paths.</summary>
    public int Served { get; set; }

    public void Add(ProblemReason reason, string field, string? value, string allowed, string message, ProblemSeverity severity = ProblemSeverity.Error) =>
        Problems.Add(new(Reference, reason, field, ProblemText.Clip(value), allowed, message) { Severity = severity });

    /// <summary>After a defect: nothing of it is served, whatever was collected.</summary>
    public void Clear()
    {
        Hosts.Clear();
        Routes.Clear();
        Tls.Clear();
        Problems.Clear();
        Default = null;
        Served = 0;
    }
}

/// <summary>A route for a host, and the rule and path that ask for it.</summary>
internal readonly record struct RouteDraft(string Host, Route Route, FieldPath Field);

/// <summary>A usable certificate for a host, and the entry of <c>spec.tls</c> that asks for it; a host of -1 is the Secret's own names.</summary>
internal readonly record struct TlsDraft(TlsBinding Binding, int Entry, int Host)
{
    public string Field => Host < 0 ? $"spec.tls[{Entry}].secretName" : $"spec.tls[{Entry}].hosts[{Host}]";
}
