using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Events;

/// <summary>Log messages of the Events, ids 5400 to 5499.</summary>
internal static partial class EventsLog
{
    [LoggerMessage(5400, LogLevel.Warning, "Events cannot be written: {Reason}. The problems are in this log and in the admin API all the same; next try in {Seconds} s.")]
    public static partial void Failed(this ILogger logger, string reason, double seconds);

    [LoggerMessage(5401, LogLevel.Debug, "Event {Reason} about {Regarding} was refused: {Message}.")]
    public static partial void Refused(this ILogger logger, string reason, string regarding, string message);

    [LoggerMessage(5402, LogLevel.Debug, "{Regarding} has more problems than Events are written about one object; the log and the admin API have all.")]
    public static partial void TooMany(this ILogger logger, string regarding);

    [LoggerMessage(5403, LogLevel.Error, "The writing of Events failed and goes on in a moment. This is a defect of WsIngress; please report it.")]
    public static partial void Unforeseen(this ILogger logger, Exception cause);
}
