using Microsoft.Extensions.Logging;

namespace WsIngress.Telemetry;

/// <summary>Log lines of what is measured, ids 4200 to 4299.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(4200, LogLevel.Warning, "Source ports run out toward pod {Pod} ({Address}) of Service {Namespace}/{Service}: {Used} of {Range} are in use. More pods, more replicas of this ingress or a wider net.ipv4.ip_local_port_range help")]
    public static partial void SourcePortsLow(ILogger logger, string pod, string address, string @namespace, string service, int used, int range);
}
