using System.Collections.Immutable;

namespace WsIngress.Translation.Annotations;

/// <summary>Where a value that is in force comes from, the weakest first.</summary>
public enum SettingSource
{
    /// <summary>Nobody says anything.</summary>
    BuiltInDefault,

    /// <summary>Whoever runs this ingress set another default for all Ingresses.</summary>
    OperatorDefault,

    /// <summary>An annotation of ingress-nginx on the Ingress.</summary>
    NginxAnnotation,

    /// <summary>An annotation of ours on the Ingress.</summary>
    IngressAnnotation,

    /// <summary>An annotation of ours on the Service; it wins over the Ingress.</summary>
    ServiceAnnotation,
}

/// <summary>A value that was written and is not in force, since it cannot be read or stands in the wrong place.</summary>
/// <param name="Object">Where it stands.</param>
/// <param name="Value">As it was written, cut to 200 characters.</param>
public sealed record RefusedValue(ObjectReference Object, string Value);

/// <summary>One annotation's value as it is in force for one Ingress and one Service, and where it comes from.</summary>
public sealed record EffectiveSetting
{
    public required Annotation Annotation { get; init; }

    /// <summary>As an author would write it, or words such as <c>none</c>.</summary>
    public required string Value { get; init; }

    public required SettingSource Source { get; init; }

    /// <summary>Full name of the annotation that it comes from, which may be another controller's; null for defaults.</summary>
    public string? Name { get; init; }

    /// <summary>The object with that annotation; null for defaults.</summary>
    public ObjectReference? Object { get; init; }

    /// <summary>Of the Ingress, then of the Service.</summary>
    public ImmutableArray<RefusedValue> Refused { get; init; } = [];

    /// <summary>A guard that cannot be read: nothing is served by this value, the routes answer 503.</summary>
    public bool IsClosed { get; init; }
}
