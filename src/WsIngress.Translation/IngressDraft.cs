using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Annotations;
using WsIngress.Translation.Backends;

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

    private Lookup[] _lookups = [];
    private int[] _hashes = [];
    private BackendUse[] _backends = [];
    private int _ownProblems;
    private int _ownServed;
    private IngressReport? _report;

    public V1Ingress Ingress { get; }
    public RouteOwner Owner { get; }
    public ObjectReference Reference { get; }

    /// <summary>Without rules its default backend takes what no host takes.</summary>
    public bool HasRules => Ingress.Spec?.Rules is { Count: > 0 };

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

    /// <summary>What it asks for is known, from this translation or an earlier one.</summary>
    public bool IsFilled { get; private set; }

    /// <summary>Its report of this translation or, when it met no conflict in either, of the one before; null when it is to be made.</summary>
    public IngressReport? Report
    {
        get => IsFilled && Problems.Count == _ownProblems ? _report : null;
        set => _report = value;
    }

    /// <summary>Keeps what was read for the next translations, before it meets the others.</summary>
    public void Filled(List<Lookup> lookups, List<BackendUse> backends)
    {
        _lookups = [.. lookups];
        _hashes = [.. lookups.Select(l => l.Hash)];
        _backends = [.. backends];
        (_ownProblems, _ownServed) = (Problems.Count, Served);
        IsFilled = true;
    }

    /// <summary>Before the next translation: forgets what came of meeting the others, and everything if a look-up may find something else.</summary>
    public void Renew(HashSet<int> changed)
    {
        if (IsFilled && !LooksUp(changed))
        {
            _report = Report;
            Problems.RemoveRange(_ownProblems, Problems.Count - _ownProblems);
            Served = _ownServed;
        }
        else
        {
            Unfill();
            Clear();
        }

        ServedHosts.Clear();
        Placed = 0;
        IgnoredBecause = null;
    }

    /// <summary>A look-up of it may find something else now.</summary>
    public bool LooksUp(HashSet<int> changed) => Array.Exists(_hashes, changed.Contains);

    /// <summary>
    /// Names that it meets other Ingresses at: hosts of routes, defaults and certificates, and <see cref="ClaimIndex.TableDefault"/>. One may stand twice.
    /// </summary>
    public IEnumerable<string> Claims
    {
        get
        {
            if (IgnoredBecause is not null)
            {
                yield break;
            }

            foreach (var host in Hosts)
            {
                yield return host;
            }

            foreach (var route in Routes)
            {
                yield return route.Host;
            }

            foreach (var tls in Tls)
            {
                yield return tls.Binding.Host;
            }

            if (Default is not null && !HasRules)
            {
                yield return ClaimIndex.TableDefault;
            }
        }
    }

    public void Unfill()
    {
        IsFilled = false;
        Report = null;
    }

    public void TakeBackends(BackendResolver resolver)
    {
        foreach (var use in _backends)
        {
            resolver.Take(use);
        }
    }

    /// <summary>True when one of these objects, by namespace and name, was looked at for this draft.</summary>
    public bool DependsOn(HashSet<(string, string)> objects, SnapshotIndex index) => Array.Exists(_lookups, lookup =>
        objects.Contains((lookup.Namespace, lookup.Name))
        || (lookup.Kind == LookupKind.Slices && index.Slices(lookup.Namespace, lookup.Name).Any(s => objects.Contains((s.Metadata?.NamespaceProperty ?? "", s.Metadata?.Name ?? "")))));

    /// <summary>After a defect: nothing of it is served, whatever was collected.</summary>
    public void Clear()
    {
        Hosts.Clear();
        Routes.Clear();
        Tls.Clear();
        Problems.Clear();
        Default = null;
        Served = 0;
        IsFilled = false;
        Report = null;
    }
}

/// <summary>A route for a host, and the rule and path that ask for it.</summary>
internal readonly record struct RouteDraft(string Host, Route Route, FieldPath Field);

/// <summary>A usable certificate for a host, and the entry of <c>spec.tls</c> that asks for it; a host of -1 is the Secret's own names.</summary>
internal readonly record struct TlsDraft(TlsBinding Binding, int Entry, int Host)
{
    public string Field => Host < 0 ? $"spec.tls[{Entry}].secretName" : $"spec.tls[{Entry}].hosts[{Host}]";
}
