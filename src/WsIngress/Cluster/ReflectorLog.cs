using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>Log messages of the connection and the Reflectors, ids 5000 to 5199.</summary>
internal static partial class ReflectorLog
{
    [LoggerMessage(5019, LogLevel.Warning, "Cannot read pod {Pod}, so that the drain of its sockets does not heed its grace period; said once: {Cause}")]
    public static partial void CannotReadPod(this ILogger logger, string pod, string cause);

    [LoggerMessage(5000, LogLevel.Information, "Listed {Count} {Target} at version {Version} in {Milliseconds} ms.")]
    public static partial void Listed(this ILogger logger, int count, string target, string version, double milliseconds);

    [LoggerMessage(5001, LogLevel.Information, "List {Target} anew: {Reason}.")]
    public static partial void ListAnew(this ILogger logger, string target, string reason);

    [LoggerMessage(5002, LogLevel.Warning, "Cannot follow {Target}: {Reason}. Trying again; what is known of them is served.")]
    public static partial void CannotFollow(this ILogger logger, string target, string reason);

    [LoggerMessage(5003, LogLevel.Information, "Following {Target} again.")]
    public static partial void FollowingAgain(this ILogger logger, string target);

    [LoggerMessage(5004, LogLevel.Warning, "Cannot load Secret {Secret}: {Reason}. Trying again.")]
    public static partial void CannotLoadSecret(this ILogger logger, string secret, string reason);

    [LoggerMessage(5010, LogLevel.Information, "Credentials or certificates for the API server changed; they were read again.")]
    public static partial void ConfigurationReloaded(this ILogger logger);

    [LoggerMessage(5011, LogLevel.Warning, "The configuration for the API server changed but cannot be read: {Reason}. The last one is used.")]
    public static partial void ConfigurationUnreadable(this ILogger logger, string reason);
}
