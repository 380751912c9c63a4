using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>Whose routes <c>wsingress routes</c> prints: those of the folder <see cref="Manifests"/>, or else those of the process whose admin API is at <see cref="Admin"/>.</summary>
internal sealed record RoutesOptions
{
    /// <summary>Full path, or null.</summary>
    public string? Manifests { get; init; }

    public required AdminTarget Admin { get; init; }

    public required string IngressClass { get; init; }

    public required bool DisableExternalName { get; init; }

    /// <summary>What annotations say where no object sets them.</summary>
    public AnnotationDefaults Defaults { get; init; } = AnnotationDefaults.None;

    /// <summary>What is in force for each route, instead of the table.</summary>
    public bool Effective { get; init; }

    /// <summary>Which routes; names and values as the admin API has them.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    public required OutputFormat Output { get; init; }
}
