using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Routing;

namespace WsIngress.Translation.Backends;

/// <summary>A Service port that exists, shared by all routes to it.</summary>
internal sealed class ResolvedBackend(Backend backend, V1Service service)
{
    private readonly ImmutableArray<WeightedBackend> _plain = [new(backend.Key, 1, BackendPolicy.Default)];

    public Backend Backend { get; } = backend;
    public V1Service Service { get; } = service;

    /// <summary>It alone, under a policy. Most routes have none of their own and share one list.</summary>
    public ImmutableArray<WeightedBackend> Under(BackendPolicy policy) =>
        ReferenceEquals(policy, BackendPolicy.Default) ? _plain : [new(Backend.Key, 1, policy)];
}

/// <summary>A Service port that an Ingress uses.</summary>
internal readonly record struct BackendUse((string Namespace, string Service, int Port) Key, ResolvedBackend Backend);

/// <summary>Step 4: from a backend reference to Service, port and endpoints. What cannot be found is a problem and leaves the route without backend.</summary>
internal sealed class BackendResolver(SnapshotIndex index, TranslationOptions options, List<Problem> problems)
{
    private readonly Dictionary<(string Namespace, string Service, int Port), ResolvedBackend> _known = [];

    /// <summary>Every backend found so far.</summary>
    public IEnumerable<Backend> Resolved => _known.Values.Select(r => r.Backend);

    /// <summary>What was resolved since it was last cleared, for one Ingress.</summary>
    public List<BackendUse> Uses { get; } = [];

    /// <summary>Takes over what an earlier translation resolved from the very same objects.</summary>
    public void Take(BackendUse use) => _known.TryAdd(use.Key, use.Backend);

    /// <summary>As in <see cref="Backend.Key"/>.</summary>
    public static string KeyOf(string ns, string service, int port) => $"{ns}/{service}:{port}";

    public ResolvedBackend? Resolve(IngressDraft draft, V1IngressBackend? backend, FieldPath field)
    {
        if (backend?.Service is not { } reference || backend.Resource is not null)
        {
            Unusable(draft, backend, field);
            return null;
        }

        if (!CheckReference(draft, reference, field))
        {
            return null;
        }

        if (index.ServiceFor(draft.Owner.Namespace, reference.Name) is not { } service)
        {
            draft.Add(ProblemReason.ServiceNotFound, $"{field.Backend}.service.name", reference.Name, "a Service of the same namespace", $"Service {draft.Owner.Namespace}/{ProblemText.Clip(reference.Name)} does not exist; the path answers 503");
            return null;
        }

        return service.Spec?.Type == "ExternalName"
            ? External(draft, service, reference, field)
            : ByPods(draft, service, reference, field);
    }

    private ResolvedBackend? ByPods(IngressDraft draft, V1Service service, V1IngressServiceBackend reference, FieldPath field)
    {
        if (ServicePorts.Find(service, reference.Port) is not { } port)
        {
            PortNotFound(draft, service, reference, field);
            return null;
        }

        var key = (draft.Owner.Namespace, reference.Name, port.Port);
        var slices = index.SlicesFor(draft.Owner.Namespace, reference.Name);
        if (!_known.TryGetValue(key, out var resolved))
        {
            var endpoints = MergedEndpoints.For(service, port.Name ?? "", slices, problems);
            _known[key] = resolved = new(ToBackend(draft, reference.Name, port.Port) with { Endpoints = endpoints }, service);
        }

        Uses.Add(new(key, resolved));
        if (!HasEligible(resolved.Backend))
        {
            NoReadyEndpoints(draft, resolved.Backend, port, field);
        }

        return resolved;
    }

    private ResolvedBackend? External(IngressDraft draft, V1Service service, V1IngressServiceBackend reference, FieldPath field)
    {
        var name = $"{field.Backend}.service.name";
        if (!options.AllowExternalName)
        {
            draft.Add(ProblemReason.ExternalNameRefused, name, reference.Name, "a Service of another type", "Services of type ExternalName are switched off; the path answers 503");
            return null;
        }

        // Such a Service needs no ports: a number is taken as it stands.
        if ((reference.Port.Number ?? ServicePorts.Find(service, reference.Port)?.Port) is not { } port)
        {
            PortNotFound(draft, service, reference, field);
            return null;
        }

        var key = (draft.Owner.Namespace, reference.Name, port);
        if (_known.TryGetValue(key, out var resolved))
        {
            Uses.Add(new(key, resolved));
            return resolved;
        }

        if (!ExternalName.TryParse(service, port, out var endpoint, out var error))
        {
            var message = $"spec.externalName of Service {draft.Owner.Namespace}/{reference.Name} {error}; the path answers 503";
            draft.Add(ProblemReason.ExternalNameRefused, name, service.Spec?.ExternalName, ExternalName.Allowed, message);
            return null;
        }

        resolved = new(ToBackend(draft, reference.Name, port) with { Endpoints = [endpoint!] }, service);
        _known[key] = resolved;
        Uses.Add(new(key, resolved));
        return resolved;
    }

    private static Backend ToBackend(IngressDraft draft, string service, int port) =>
        new() { Key = KeyOf(draft.Owner.Namespace, service, port), Namespace = draft.Owner.Namespace, Service = service };

    private static bool HasEligible(Backend backend)
    {
        foreach (var endpoint in backend.Endpoints)
        {
            if (endpoint.Eligible)
            {
                return true;
            }
        }

        return false;
    }

    private static void Unusable(IngressDraft draft, V1IngressBackend? backend, FieldPath field)
    {
        if (backend?.Service is not null)
        {
            draft.Add(ProblemReason.InvalidField, field.Backend, backend.Resource?.Name, "service or resource", "a backend has a Service or a resource, never both; the path answers 503");
        }
        else if (backend?.Resource is { } resource)
        {
            draft.Add(ProblemReason.UnsupportedBackend, $"{field.Backend}.resource", $"{resource.Kind} {resource.Name}", "service", "only Services can be served, no other resource; the path answers 503");
        }
        else
        {
            draft.Add(ProblemReason.InvalidField, $"{field.Backend}.service", "", "a Service of the same namespace", "the backend names no Service; the path answers 503");
        }
    }

    private static bool CheckReference(IngressDraft draft, V1IngressServiceBackend reference, FieldPath field)
    {
        if (string.IsNullOrEmpty(reference.Name))
        {
            draft.Add(ProblemReason.InvalidField, $"{field.Backend}.service.name", "", "a Service of the same namespace", "the backend names no Service; the path answers 503");
            return false;
        }

        var (number, name) = (reference.Port?.Number, reference.Port?.Name);
        if (number is null == string.IsNullOrEmpty(name))
        {
            draft.Add(ProblemReason.InvalidField, $"{field.Backend}.service.port", number is null ? "" : $"{number}, {name}", "number or name", "the backend needs a port, by number or by name and not by both; the path answers 503");
            return false;
        }

        if (number is < 1 or > 65535)
        {
            draft.Add(ProblemReason.InvalidField, $"{field.Backend}.service.port.number", $"{number}", "1 to 65535", "no such port number; the path answers 503");
            return false;
        }

        return true;
    }

    private static void PortNotFound(IngressDraft draft, V1Service service, V1IngressServiceBackend reference, FieldPath field)
    {
        var member = reference.Port.Number is null ? "name" : "number";
        var value = reference.Port.Number?.ToString() ?? reference.Port.Name;
        draft.Add(ProblemReason.PortNotFound, $"{field.Backend}.service.port.{member}", value, ServicePorts.Describe(service), $"Service {draft.Owner.Namespace}/{reference.Name} has no such TCP port; the path answers 503");
    }

    private void NoReadyEndpoints(IngressDraft draft, Backend backend, V1ServicePort port, FieldPath field)
    {
        var slices = index.Slices(backend.Namespace, backend.Service);
        var why = (slices.Count, backend.Endpoints.Length) switch
        {
            (0, _) => "the Service has no EndpointSlice",
            (_, 0) when string.IsNullOrEmpty(port.Name) => "no EndpointSlice of the Service has an endpoint on its unnamed port",
            (_, 0) => $"no EndpointSlice of the Service has an endpoint on a port named {port.Name}",
            _ => $"none of its {backend.Endpoints.Length} endpoints is ready",
        };
        draft.Add(ProblemReason.NoReadyEndpoints, $"{field.Backend}.service.name", backend.Service, "a Service with a ready endpoint", $"{backend.Key}: {why}; the path answers 503", ProblemSeverity.Warning);
    }
}
