using Microsoft.Extensions.Logging;

namespace WsIngress.Proxy;

/// <summary>Log lines of the data plane, ids 3000 to 3999. Traffic itself goes to the access log.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(3000, LogLevel.Information, "Listening on {Address} ({Protocols})")]
    public static partial void Listening(ILogger logger, string address, string protocols);

    [LoggerMessage(3001, LogLevel.Error, "Request {Id} failed inside the proxy")]
    public static partial void RequestFailed(ILogger logger, Exception error, string id);

    [LoggerMessage(3002, LogLevel.Warning, "Connection from {Peer} closed: malformed PROXY protocol header, or none complete within 5 s")]
    public static partial void ProxyProtocolRefused(ILogger logger, string peer);

    [LoggerMessage(3003, LogLevel.Error, "Certificate of {Source} for host {Host} cannot be loaded, the default certificate is served")]
    public static partial void CertificateUnusable(ILogger logger, Exception error, string source, string host);

    [LoggerMessage(3004, LogLevel.Warning, "New WebSockets are refused with 503, open ones live: {Shortage}")]
    public static partial void NoRoom(ILogger logger, string shortage);

    [LoggerMessage(3005, LogLevel.Warning, "TLS is ended by SslStream, at more CPU and memory per socket: {Reason}")]
    public static partial void NoOpenSsl(ILogger logger, string reason);

    [LoggerMessage(3006, LogLevel.Error, "A connection failed inside the proxy and was closed")]
    public static partial void ConnectionFailed(ILogger logger, Exception error);

    [LoggerMessage(3007, LogLevel.Error, "A plain request failed inside the proxy before it was served; the HTTP server gets it")]
    public static partial void HeadFailed(ILogger logger, Exception error);

    [LoggerMessage(3010, LogLevel.Information, "Draining {Count} sockets over {Window} s, all done by {Deadline} s")]
    public static partial void Draining(ILogger logger, int count, double window, double deadline);

    [LoggerMessage(3011, LogLevel.Information, "Drained: no socket is open")]
    public static partial void Drained(ILogger logger);

    [LoggerMessage(3012, LogLevel.Warning, "Drain deadline reached with {Count} sockets and {Requests} requests open; they are cut")]
    public static partial void DrainDeadline(ILogger logger, int count, int requests);

    [LoggerMessage(3013, LogLevel.Information, "Pod {Pod} ({Key}) is {Phase}; it has {Count} sockets open")]
    public static partial void PodLeaves(ILogger logger, string pod, string key, string phase, int count);

    [LoggerMessage(3014, LogLevel.Information, "No route of Ingress {Ingress} serves host {Host} any more; {Count} sockets end")]
    public static partial void RouteGone(ILogger logger, string ingress, string host, int count);
}
