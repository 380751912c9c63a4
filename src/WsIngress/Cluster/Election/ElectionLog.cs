using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Election;

/// <summary>Log messages of the leader election, ids 5200 to 5299.</summary>
internal static partial class ElectionLog
{
    [LoggerMessage(5200, LogLevel.Information, "This replica, {Identity}, leads now: it holds Lease {Namespace}/{Name}.")]
    public static partial void Leads(this ILogger logger, string identity, string @namespace, string name);

    [LoggerMessage(5201, LogLevel.Information, "Lease {Namespace}/{Name} is held by {Holder} for {Seconds} s after each renewal; this replica, {Identity}, stands by.")]
    public static partial void Held(this ILogger logger, string @namespace, string name, string holder, double seconds, string identity);

    [LoggerMessage(5202, LogLevel.Warning, "This replica no longer leads: {Reason}. It writes nothing more and stands by.")]
    public static partial void Lost(this ILogger logger, string reason);

    [LoggerMessage(5203, LogLevel.Information, "Lease {Namespace}/{Name} is released; another replica may lead at once.")]
    public static partial void Released(this ILogger logger, string @namespace, string name);

    [LoggerMessage(5204, LogLevel.Warning, "Lease {Namespace}/{Name} cannot be released: {Reason}. Others take it when it has expired.")]
    public static partial void NotReleased(this ILogger logger, string @namespace, string name, string reason);

    [LoggerMessage(5205, LogLevel.Warning, "Lease {Namespace}/{Name} cannot be acquired: {Reason}. Next try in {Seconds} s; routing is not touched by this.")]
    public static partial void AcquireFailed(this ILogger logger, string @namespace, string name, string reason, double seconds);

    [LoggerMessage(5206, LogLevel.Warning, "Lease {Namespace}/{Name} cannot be renewed: {Reason}. This replica leads for another {Seconds} s at most.")]
    public static partial void RenewFailed(this ILogger logger, string @namespace, string name, string reason, double seconds);

    [LoggerMessage(5207, LogLevel.Warning, "Lease {Namespace}/{Name} is held by another process with this replica's identity {Identity}. Each replica needs a name of its own (--pod-name); if it is this pod before a restart, it expires by itself.")]
    public static partial void SameIdentity(this ILogger logger, string @namespace, string name, string identity);

    [LoggerMessage(5208, LogLevel.Information, "Lease {Namespace}/{Name} was deleted; its leader {Holder} may still write, so it is not taken for another {Seconds} s.")]
    public static partial void Deleted(this ILogger logger, string @namespace, string name, string holder, double seconds);

    [LoggerMessage(5209, LogLevel.Error, "The work of the leader failed. This is a defect of WsIngress; the Lease is released and another replica may lead.")]
    public static partial void WorkFailed(this ILogger logger, Exception cause);

    [LoggerMessage(5210, LogLevel.Error, "Leader election failed and goes on in a moment. This is a defect of WsIngress; please report it.")]
    public static partial void Unforeseen(this ILogger logger, Exception cause);

    [LoggerMessage(5211, LogLevel.Information, "This replica was not the last: {Holder} leads now. Its end takes nothing out of the cluster.")]
    public static partial void Followed(this ILogger logger, string holder);

    [LoggerMessage(5212, LogLevel.Warning, "Whether this was the last replica cannot be told: {Reason}. Its end takes nothing out of the cluster.")]
    public static partial void NotLast(this ILogger logger, string reason);
}
