using Microsoft.Extensions.Logging;

namespace WsIngress.Hosting;

/// <summary>Log lines of the process itself, ids 4000 to 4999.</summary>
internal static partial class HostLog
{
    [LoggerMessage(4000, LogLevel.Information, "Stopping: not ready any more, sockets are being closed")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(4002, LogLevel.Information, "Leaving: not ready any more, new connections are still taken for {Seconds} s")]
    public static partial void Leaving(ILogger logger, double seconds);

    [LoggerMessage(4001, LogLevel.Critical, "Cannot run: {Reason}")]
    public static partial void CannotRun(ILogger logger, string reason);
}
