namespace WsIngress.Translation.Annotations;

/// <summary>Where an annotation may stand.</summary>
[Flags]
public enum AnnotationTargets
{
    Ingress = 1,
    Service = 2,
}

/// <summary>The chapters of the reference, in its order.</summary>
public enum AnnotationGroup
{
    Balancing,
    Affinity,
    Backend,
    Requests,
    Access,
    WebSocket,
}

/// <summary>
/// One annotation under our prefix: its full name, where it may stand, what is allowed, its default, what it means. This is what
/// parsing, validation and the reference in docs/annotations.md are made of.
/// </summary>
public abstract class Annotation
{
    private protected Annotation(string name) => Name = AnnotationCatalogue.Prefix + name;

    /// <summary>With its prefix, such as <c>wsingress.io/websocket-max-age</c>.</summary>
    public string Name { get; }

    public required AnnotationGroup Group { get; init; }
    public required AnnotationTargets Targets { get; init; }

    /// <summary>The allowed values in words; completes "allowed: …". Literal values stand in backquotes, for the reference.</summary>
    public required string Allowed { get; init; }

    /// <summary><see cref="Allowed"/> for problems: without the backquotes.</summary>
    internal string AllowedText => Allowed.Replace("`", "", StringComparison.Ordinal);

    /// <summary>As a user would write it, or a word such as <c>none</c>.</summary>
    public required string Default { get; init; }

    /// <summary>One sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>A value that cannot be read closes the route (503) instead of leaving it open with the default.</summary>
    public bool GuardsAccess { get; init; }

    /// <summary>It bounds something, or says how sockets end: who asks what is in force wants to see it though nobody set it.</summary>
    public bool IsLimit => Group == AnnotationGroup.WebSocket || (Group != AnnotationGroup.Affinity && IsMeasured);

    /// <summary><see cref="Default"/> without the backquotes.</summary>
    public string DefaultText => Default.Replace("`", "", StringComparison.Ordinal);

    /// <summary>Its values are times, sizes or counts.</summary>
    private protected abstract bool IsMeasured { get; }

    /// <summary><c>metadata.annotations[name]</c>, as problems spell it.</summary>
    public string Field => $"metadata.annotations[{Name}]";

    /// <summary>Its place in <see cref="AnnotationCatalogue.All"/>.</summary>
    internal int Index { get; set; }

    /// <summary>Null and an error in words that complete "the value …" when the text is not allowed.</summary>
    internal abstract object? Parse(string text, out string error);
}

/// <summary>Parses one value; on failure the error completes "the value …".</summary>
internal delegate bool ValueParser<T>(string text, out T value, out string error);

/// <summary>An annotation whose value is a <typeparamref name="T"/>.</summary>
internal sealed class Annotation<T>(string name, ValueParser<T> parser) : Annotation(name)
    where T : notnull
{
    private protected override bool IsMeasured => typeof(T) == typeof(TimeSpan) || typeof(T) == typeof(long) || typeof(T) == typeof(int);

    internal override object? Parse(string text, out string error) => parser(text, out var value, out error) ? value : null;
}
