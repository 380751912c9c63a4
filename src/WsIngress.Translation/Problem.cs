namespace WsIngress.Translation;

/// <summary>An object of the cluster or folder: kind, namespace (empty for cluster scope) and name.</summary>
public readonly record struct ObjectReference(string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>How much a problem takes away.</summary>
public enum ProblemSeverity
{
    /// <summary>Something written has no effect; everything is served.</summary>
    Warning,

    /// <summary>Something that was asked for is not served as asked.</summary>
    Error,
}

/// <summary>
/// One thing wrong with one object, as data: where (<see cref="Field"/> in the API's own spelling, such as
/// <c>spec.rules[0].http.paths[1].backend.service.port.name</c> or <c>metadata.annotations[wsingress.io/drain]</c>), the value
/// found, what is allowed there, and a closed reason that becomes metric label and Event reason.
/// </summary>
public sealed record Problem(ObjectReference Object, ProblemReason Reason, string Field, string Value, string Allowed, string Message)
{
    public ProblemSeverity Severity { get; init; } = ProblemSeverity.Error;

    /// <summary>File and line in standalone mode, <c>path:line</c>; null in a cluster.</summary>
    public string? Location { get; init; }

    /// <summary>Of the object, where the problem is that no snapshot has it; else null: the snapshot says.</summary>
    public string? Uid { get; init; }

    public override string ToString() => $"{Object}: {Field}: {Message}";
}
