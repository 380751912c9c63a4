using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text.Json;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Telemetry;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;

namespace WsIngress.Admin;

/// <summary>
/// What is in force for each route, and where it comes from. Made for the one who asks, from the objects of which the table was made; nothing of it is kept.
/// </summary>
internal sealed class EffectiveRoutes
{
    private readonly RoutingTable _table;
    private readonly AnnotationDefaults _defaults;
    private readonly Dictionary<(string, string), V1Ingress> _ingresses;
    private readonly Dictionary<(string, string), V1Service> _services;
    private readonly Dictionary<string, Backend> _backends;

    public EffectiveRoutes(RoutingTable table, ClusterSnapshot snapshot, AnnotationDefaults defaults)
    {
        (_table, _defaults) = (table, defaults);
        _ingresses = snapshot.Ingresses.ToDictionary(i => (i.Metadata?.NamespaceProperty ?? "", i.Metadata?.Name ?? ""));
        _services = snapshot.Services.ToDictionary(s => (s.Metadata?.NamespaceProperty ?? "", s.Metadata?.Name ?? ""));
        _backends = table.Backends.ToDictionary(backend => backend.Key, StringComparer.Ordinal);
    }

    /// <summary>One JSON object with <c>revision</c> and <c>routes</c>, in the order of the table.</summary>
    public Task WriteAsync(PipeWriter output, EffectiveFilter filter, CancellationToken cancellation) => StreamedJson.WriteAsync(
        output, json => json.WriteNumber("revision", _table.Revision), "routes", Routes().Where(one => filter.Matches(one.Host, one.Route.Owner)), Write, cancellation);

    private IEnumerable<(string Host, Route Route, bool IsDefault, WeightedBackend? Backend)> Routes()
    {
        foreach (var host in _table.Hosts)
        {
            foreach (var one in host.Routes.SelectMany(route => Of(host.Host, route, isDefault: false)).Concat(host.Default is { } route ? Of(host.Host, route, isDefault: true) : []))
            {
                yield return one;
            }
        }

        foreach (var one in _table.DefaultRoute is { } last ? Of("", last, isDefault: true) : [])
        {
            yield return one;
        }
    }

    /// <summary>One for each backend, since a Service has a say.</summary>
    private static IEnumerable<(string, Route, bool, WeightedBackend?)> Of(string host, Route route, bool isDefault) =>
        route.Backends.IsEmpty ? [(host, route, isDefault, null)] : route.Backends.Select(backend => (host, route, isDefault, (WeightedBackend?)backend));

    private void Write(Utf8JsonWriter json, (string Host, Route Route, bool IsDefault, WeightedBackend? Backend) one)
    {
        var (host, route, isDefault, backend) = one;
        json.WriteStartObject();
        json.WriteString("host", host);
        json.WriteString("path", isDefault ? "" : route.Path.Value);
        json.WriteString("match", isDefault ? "default" : Words.Kebab(route.Path.Kind.ToString()));
        json.WriteString("ingress", route.Owner.ToString());
        if (backend is not null)
        {
            json.WriteString("backend", backend.BackendKey);
        }

        AccessLog.Text(json, "closedBecause", route.Policy.ClosedBecause);
        json.WriteStartArray("settings");
        foreach (var setting in Settings(route, backend))
        {
            Write(json, setting);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private ImmutableArray<EffectiveSetting> Settings(Route route, WeightedBackend? backend)
    {
        // An object that is gone since the table was made leaves no annotations to read.
        if (!_ingresses.TryGetValue((route.Owner.Namespace, route.Owner.Name), out var ingress))
        {
            return [];
        }

        var service = backend is not null && _backends.TryGetValue(backend.BackendKey, out var known) ? _services.GetValueOrDefault((known.Namespace, known.Service)) : null;
        return EffectiveSettings.Of(ingress, service, _defaults);
    }

    private static void Write(Utf8JsonWriter json, EffectiveSetting setting)
    {
        json.WriteStartObject();
        json.WriteString("name", setting.Annotation.Name);
        json.WriteString("value", setting.Value);
        json.WriteString("source", Words.Kebab(setting.Source.ToString()));
        AccessLog.Text(json, "annotation", setting.Name);
        AccessLog.Text(json, "object", setting.Object?.ToString());
        json.WriteBoolean("isLimit", setting.Annotation.IsLimit);
        if (setting.Refused.Length > 0)
        {
            json.WriteStartArray("refused");
            foreach (var refused in setting.Refused)
            {
                json.WriteStartObject();
                json.WriteString("object", refused.Object.ToString());
                json.WriteString("value", refused.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
