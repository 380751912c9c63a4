using Microsoft.Extensions.Logging;

namespace WsIngress.Sources;

/// <summary>Log messages of the sources, ids 1000 to 1999.</summary>
internal static partial class SourcesLog
{
    [LoggerMessage(1000, LogLevel.Information, "Folder {Folder} read: {Files} files, {Objects} objects, {Problems} problems, changed kinds [{Changed}], {Milliseconds} ms.")]
    public static partial void FolderRead(this ILogger logger, string folder, int files, int objects, int problems, string changed, long milliseconds);

    [LoggerMessage(1001, LogLevel.Information, "Objects of {Kind} are not read by WsIngress and are ignored.")]
    public static partial void UnknownKind(this ILogger logger, string kind);

    [LoggerMessage(1002, LogLevel.Error, "Folder {Folder} cannot be read: {Reason}. The last good objects stay in force.")]
    public static partial void FolderUnreadable(this ILogger logger, string folder, string reason);

    [LoggerMessage(1003, LogLevel.Information, "Folder {Folder} can be read again.")]
    public static partial void FolderBack(this ILogger logger, string folder);

    [LoggerMessage(1004, LogLevel.Warning, "Folder {Folder} cannot be watched: {Reason}. Changes are seen by a look every {Seconds} s.")]
    public static partial void NoWatch(this ILogger logger, string folder, string reason, double seconds);
}
