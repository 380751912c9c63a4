using WsIngress.Manifests;

namespace WsIngress.Sources;

/// <summary>How a folder is followed.</summary>
internal sealed record FolderSourceOptions
{
    /// <summary>The folder of manifests.</summary>
    public required string Folder { get; init; }

    /// <summary>Calm after the last file event before the folder is read: an editor needs several steps for one save.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait from the first event on, for a folder that is never calm.</summary>
    public TimeSpan MaximumWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The folder is read this often without any event: events can overflow, and network file systems send none.</summary>
    public TimeSpan Rescan { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same while the folder is gone, or a file is suspected to be half-written.</summary>
    public TimeSpan RescanInTrouble { get; init; } = TimeSpan.FromSeconds(1);

    public ManifestLimits Limits { get; init; } = ManifestLimits.Default;
}
