using Microsoft.Extensions.Logging;

namespace WsIngress.Admin;

/// <summary>Log lines of the admin API, ids 4100 to 4199.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(4100, LogLevel.Information, "Tap of socket {Id} for {Seconds} s, frame headers alone, asked for by {Client}")]
    public static partial void Tapped(ILogger logger, string id, double seconds, string client);

    [LoggerMessage(4101, LogLevel.Warning, "Tap of socket {Id} for {Seconds} s with payload, asked for by {Client}")]
    public static partial void TappedWithPayload(ILogger logger, string id, double seconds, string client);

    [LoggerMessage(4102, LogLevel.Warning, "The admin API refused a request of {Client} ({Reason}); {Count} were refused since the start, and at most one line a minute says so")]
    public static partial void Refused(ILogger logger, string client, string reason, long count);

    [LoggerMessage(4103, LogLevel.Warning, "The last token of the admin API holds on: {Reason}")]
    public static partial void TokenStays(ILogger logger, string reason);
}
