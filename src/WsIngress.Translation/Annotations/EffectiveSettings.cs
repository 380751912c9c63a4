using System.Collections.Immutable;
using k8s.Models;

namespace WsIngress.Translation.Annotations;

/// <summary>
/// Every annotation of the catalogue as it is in force for an Ingress and one of its Services. It is read anew by the same reader as the translation's each
/// time that somebody asks: no route and no socket remembers where its values come from.
/// </summary>
public static class EffectiveSettings
{
    /// <param name="ingress">Of ours.</param>
    /// <param name="service">Of one of its backends; null where that does not exist.</param>
    /// <param name="defaults">Of the operator.</param>
    /// <returns>In the order of the catalogue, one for each of its entries.</returns>
    public static ImmutableArray<EffectiveSetting> Of(V1Ingress ingress, V1Service? service, AnnotationDefaults defaults)
    {
        var onIngress = new Place(ingress.Metadata, "Ingress", AnnotationTargets.Ingress);
        var onService = new Place(service?.Metadata, "Service", AnnotationTargets.Service);
        return [.. AnnotationCatalogue.All.Select(annotation => One(annotation, onIngress, onService, defaults))];
    }

    private static EffectiveSetting One(Annotation annotation, Place ingress, Place service, AnnotationDefaults defaults)
    {
        var refused = ingress.Refused(annotation).Concat(service.Refused(annotation)).ToImmutableArray();
        var set = service.Set.Has(annotation) ? service.Set : ingress.Set;
        if (annotation.GuardsAccess && refused.Length > 0)
        {
            return new() { Annotation = annotation, Value = "unreadable, so the route answers 503", Source = SourceOf(refused[0].Object), Name = annotation.Name, Object = refused[0].Object, Refused = refused, IsClosed = true };
        }

        if (set.ValueOf(annotation) is not { } value)
        {
            return defaults.TextOf(annotation) is { } text
                ? new() { Annotation = annotation, Value = text, Source = SettingSource.OperatorDefault, Refused = refused }
                : new() { Annotation = annotation, Value = annotation.DefaultText, Source = SettingSource.BuiltInDefault, Refused = refused };
        }

        var name = set.NameOf(annotation);
        var source = name == annotation.Name ? SourceOf(set.Owner) : SettingSource.NginxAnnotation;
        return new() { Annotation = annotation, Value = ValueText.Of(annotation, value), Source = source, Name = name, Object = set.Owner, Refused = refused };
    }

    private static SettingSource SourceOf(ObjectReference place) => place.Kind == "Service" ? SettingSource.ServiceAnnotation : SettingSource.IngressAnnotation;

    /// <summary>One object's annotations, read.</summary>
    private sealed class Place
    {
        private readonly IDictionary<string, string>? _texts;

        public Place(V1ObjectMeta? metadata, string kind, AnnotationTargets target)
        {
            _texts = metadata?.Annotations;
            Set = AnnotationReader.Read(_texts, target, new(kind, metadata?.NamespaceProperty ?? "", metadata?.Name ?? ""), []);
        }

        public AnnotationSet Set { get; }

        public IEnumerable<RefusedValue> Refused(Annotation annotation) =>
            _texts is not null && _texts.TryGetValue(annotation.Name, out var text) && Set.NameOf(annotation) is var name && (!Set.Has(annotation) || name != annotation.Name)
                ? [new(Set.Owner, ProblemText.Clip(text))]
                : [];
    }
}
