using System.Net;
using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>Whose routes <c>wsingress routes</c> prints: those of the folder <see cref="Manifests"/>, or else those of the process whose admin API is at <see cref="Admin"/>.</summary>
internal sealed record RoutesOptions
{
    /// <summary>Full path, or null.</summary>
    public string? Manifests { get; init; }

    public required IPEndPoint Admin { get; init; }

    public required string IngressClass { get; init; }

    public required bool DisableExternalName { get; init; }

    /// <summary>What annotations say where no object sets them.</summary>
    public AnnotationDefaults Defaults { get; init; } = AnnotationDefaults.None;

    public required OutputFormat Output { get; init; }
}
