using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Status;

/// <summary>Log messages of the status writer, ids 5300 to 5399.</summary>
internal static partial class StatusLog
{
    [LoggerMessage(5300, LogLevel.Information, "Ingresses get the addresses {Addresses}, from {Source}.")]
    public static partial void Addresses(this ILogger logger, string addresses, string source);

    [LoggerMessage(5301, LogLevel.Warning, "There are no addresses for the status of Ingresses yet, from {Source}; what the Ingresses have stays.")]
    public static partial void NoAddresses(this ILogger logger, string source);

    [LoggerMessage(5302, LogLevel.Warning, "The addresses of {Source} cannot be read: {Reason}. The last ones stay in force.")]
    public static partial void AddressesUnreadable(this ILogger logger, string source, string reason);

    [LoggerMessage(5303, LogLevel.Debug, "Status of Ingress {Ingress} written: {Addresses}.")]
    public static partial void Written(this ILogger logger, string ingress, string addresses);

    [LoggerMessage(5304, LogLevel.Warning, "Status of Ingress {Ingress} cannot be written: {Reason}. Next try in {Seconds} s; routing is not touched by this.")]
    public static partial void Failed(this ILogger logger, string ingress, string reason, double seconds);

    [LoggerMessage(5305, LogLevel.Warning, "Somebody else writes the status of Ingress {Ingress} too: it was {Addresses} {Count} times and was changed each time. Next try in {Seconds} s.")]
    public static partial void Fought(this ILogger logger, string ingress, string addresses, int count, double seconds);

    [LoggerMessage(5306, LogLevel.Information, "{Count} Ingresses written; their status is up to date.")]
    public static partial void UpToDate(this ILogger logger, int count);

    [LoggerMessage(5307, LogLevel.Information, "Addresses taken away from {Cleared} of {All} Ingresses before the end.")]
    public static partial void Cleared(this ILogger logger, int cleared, int all);

    [LoggerMessage(5308, LogLevel.Warning, "{Kept} of {All} Ingresses keep their addresses, though the last replica ends and is to take them away: {Reason}.")]
    public static partial void NotCleared(this ILogger logger, int kept, int all, string reason);

    [LoggerMessage(5309, LogLevel.Error, "The writing of the status of Ingresses failed and goes on in a moment. This is a defect of WsIngress; please report it.")]
    public static partial void Unforeseen(this ILogger logger, Exception cause);

    [LoggerMessage(5310, LogLevel.Warning, "No addresses are configured for the status of Ingresses, so none is written: give --publish-service, --publish-status-address or --publish-pod-selector, or switch it off by --update-status off.")]
    public static partial void NothingConfigured(this ILogger logger);
}
