using System.Collections.Immutable;
using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>What <c>wsingress validate PATH…</c> looks at: files and folders that exist, as full paths, together one cluster.</summary>
internal sealed record ValidateOptions
{
    public required ImmutableArray<string> Paths { get; init; }

    public required string IngressClass { get; init; }

    public required bool DisableExternalName { get; init; }

    /// <summary>What annotations say where no object sets them.</summary>
    public AnnotationDefaults Defaults { get; init; } = AnnotationDefaults.None;

    public required OutputFormat Output { get; init; }
}
