using Microsoft.Extensions.Logging;

namespace WsIngress.Store;

/// <summary>Log messages of the sync loop, ids 2000 to 2999.</summary>
internal static partial class SyncLog
{
    [LoggerMessage(2000, LogLevel.Information, "Table {Revision} is live: {Hosts} hosts, {Backends} backends, {Ingresses} Ingresses, {Problems} problems, content {ContentHash}, {Milliseconds} ms.")]
    public static partial void Published(this ILogger logger, long revision, int hosts, int backends, int ingresses, int problems, string contentHash, double milliseconds);

    [LoggerMessage(2001, LogLevel.Debug, "Translated to an equal table; table {Revision} stays live, {Milliseconds} ms.")]
    public static partial void Unchanged(this ILogger logger, long revision, double milliseconds);

    [LoggerMessage(2002, LogLevel.Error, "Translation or publication failed. This is a defect of WsIngress; table {Revision} stays live.")]
    public static partial void TranslationFailed(this ILogger logger, long revision, Exception cause);

    [LoggerMessage(2003, LogLevel.Information, "Source {Source} has delivered all its objects.")]
    public static partial void Synced(this ILogger logger, string source);

    [LoggerMessage(2004, LogLevel.Error, "Source {Source} failed and is started anew in {Seconds} s; the last table stays live.")]
    public static partial void SourceFailed(this ILogger logger, string source, double seconds, Exception cause);

    [LoggerMessage(2010, LogLevel.Information, "Ingress {Namespace}/{Name} is {State}: {Routes} routes, {Problems} problems, hosts [{Hosts}].")]
    public static partial void IngressStatus(this ILogger logger, string @namespace, string name, string state, int routes, int problems, string hosts);

    [LoggerMessage(2011, LogLevel.Information, "Ingress {Namespace}/{Name} is Ignored: {Reason}.")]
    public static partial void IngressIgnored(this ILogger logger, string @namespace, string name, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Ingress {Namespace}/{Name} is gone.")]
    public static partial void IngressGone(this ILogger logger, string @namespace, string name);

    [LoggerMessage(2020, LogLevel.Error, "Problem {Reason} at {Location}: {Object}: {Field}: {Text}.")]
    public static partial void ProblemError(this ILogger logger, string reason, string location, string @object, string field, string text);

    [LoggerMessage(2021, LogLevel.Warning, "Problem {Reason} at {Location}: {Object}: {Field}: {Text}.")]
    public static partial void ProblemWarning(this ILogger logger, string reason, string location, string @object, string field, string text);

    [LoggerMessage(2022, LogLevel.Information, "Solved: {Reason} of {Object}: {Field}.")]
    public static partial void ProblemSolved(this ILogger logger, string reason, string @object, string field);

    [LoggerMessage(2023, LogLevel.Warning, "{Count} more problems began or ended; the admin API lists all.")]
    public static partial void MoreProblems(this ILogger logger, int count);
}
