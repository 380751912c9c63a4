using Microsoft.Extensions.Logging;
using WsIngress.Store;
using WsIngress.Telemetry;

namespace WsIngress.Hosting;

/// <summary>What a feed is made with.</summary>
internal sealed record HostParts(SyncState Sync, Metrics Metrics, ILoggerFactory Loggers, TimeProvider Time);
