namespace WsIngress.Manifests;

/// <summary>Bounds on what is read from disk. Past one, the file or document in question gets a Problem and the rest is served.</summary>
internal sealed record ManifestLimits
{
    public static readonly ManifestLimits Default = new();

    /// <summary>Bytes of one file.</summary>
    public int FileBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Nesting of mappings and sequences in a document.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Values of one document after its aliases and merge keys are expanded.</summary>
    public int Values { get; init; } = 1_000_000;

    /// <summary>Bytes of one object as JSON after its aliases are expanded.</summary>
    public int ObjectBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Documents of one file, and objects of one folder.</summary>
    public int Documents { get; init; } = 100_000;

    /// <summary>Manifest files of one folder.</summary>
    public int Files { get; init; } = 100_000;

    /// <summary>Problems told of one file.</summary>
    public int Problems { get; init; } = 1_000;

    /// <summary>Problems told of one folder.</summary>
    public int FolderProblems { get; init; } = 20_000;
}
