using System.Text.Json;
using WsIngress.Proxy;
using WsIngress.Proxy.Telemetry;
using WsIngress.Sources;
using WsIngress.Telemetry;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>What a host serves and who works beside it: the only things in which standalone mode and cluster mode differ.</summary>
internal sealed record HostFeed
{
    public required IReadOnlyList<IObjectSource> Sources { get; init; }

    public required TranslationOptions Translation { get; init; }

    /// <summary>Another listener of the data plane; null for none.</summary>
    public IProxyTelemetry? Telemetry { get; init; }

    /// <summary>Hears of each pod that holds most of the source ports; null for nobody.</summary>
    public Action<SourcePortUse>? SourcePortsLow { get; init; }

    /// <summary>When a terminating pod will be killed; null where nobody knows.</summary>
    public PodDeadline? PodDeadline { get; init; }

    /// <summary>
    /// Runs from the first live table on, and is told to end when the shutdown begins, so that another replica takes over early. Must not
    /// throw; null for nothing.
    /// </summary>
    public Func<CancellationToken, Task>? Beside { get; init; }

    /// <summary>The members of <c>/config</c> that only this mode has.</summary>
    public required Action<Utf8JsonWriter> WriteOptions { get; init; }
}
