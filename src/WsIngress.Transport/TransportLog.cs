using Microsoft.Extensions.Logging;

namespace WsIngress.Transport;

/// <summary>Log lines of the transport, ids 4000 to 4999.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(4000, LogLevel.Error, "Defect in the transport ({Where}); the connection ends, all others go on")]
    public static partial void Defect(ILogger logger, Exception defect, string where);

    [LoggerMessage(4001, LogLevel.Warning, "Accepting connections on {EndPoint} pauses for {Pause} ms: {Cause}")]
    public static partial void AcceptPaused(ILogger logger, string endPoint, int pause, string cause);

    [LoggerMessage(4003, LogLevel.Warning, "Connection from {Peer} closed: malformed PROXY protocol header, or none complete in time")]
    public static partial void ProxyHeaderRefused(ILogger logger, string peer);

    [LoggerMessage(4002, LogLevel.Warning, "Loop {Index} has been busy with one turn for {Seconds:0.0} s")]
    public static partial void LoopStuck(ILogger logger, int index, double seconds);
}
