using System.Collections.Immutable;
using WsIngress.Manifests;

namespace WsIngress.Sources;

/// <summary>Which version of a file is there. Two equal stamps mean the same content, unless it was written twice within one tick of the file system's clock.</summary>
internal readonly record struct FileStamp(string RealPath, long Length, DateTime Modified, DateTime Created);

/// <summary>A manifest file: the path below the folder that orders it, the path shown to people and opened, and its version; no stamp when its link leads nowhere.</summary>
internal readonly record struct ListedFile(string RelativePath, string FullPath, FileStamp? Stamp);

/// <summary>
/// The manifest files of a folder, in path order: <c>*.yaml, *.yml, *.json</c>, also in sub-folders, links followed. Names that begin with a
/// dot are passed over, which hides editors' swap files and the inside of a mounted ConfigMap. A folder reached twice is read once.
/// </summary>
internal sealed record FolderListing(ImmutableArray<ListedFile> Files, ImmutableArray<(string Path, string Message)> Unreadable, bool Overflow)
{
    private const int MaxDepth = 32;

    /// <exception cref="IOException">The folder itself is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself cannot be read.</exception>
    public static FolderListing Of(string folder, ManifestLimits limits)
    {
        var real = RealPath.Of(folder) ?? throw new DirectoryNotFoundException($"Folder {folder} does not exist.");
        var walk = new Walk(limits.Files);
        walk.Enter(folder, "", real, 0);
        walk.Files.Sort(static (left, right) => string.CompareOrdinal(left.RelativePath, right.RelativePath));
        return new([.. walk.Files], [.. walk.Unreadable], walk.Overflow);
    }

    private sealed class Walk(int maxFiles)
    {
        private readonly HashSet<string> _entered = new(StringComparer.Ordinal);

        public List<ListedFile> Files { get; } = [];
        public List<(string Path, string Message)> Unreadable { get; } = [];
        public bool Overflow { get; private set; }

        public void Enter(string path, string relative, string real, int depth)
        {
            if (depth > MaxDepth || !_entered.Add(real))
            {
                return;
            }

            // Real folders before links to folders, so that a file keeps its plain name whatever links to it; and each in order, so
            // that past the limit it is always the same files that are left out.
            var entries = new DirectoryInfo(path).EnumerateFileSystemInfos().Where(entry => entry.Name[0] != '.').ToArray();
            Array.Sort(Array.ConvertAll(entries, entry => (IsLink(entry), entry.Name)), entries, Comparer<(bool IsLink, string Name)>.Create(static (left, right) =>
                left.IsLink != right.IsLink ? left.IsLink.CompareTo(right.IsLink) : string.CompareOrdinal(left.Name, right.Name)));
            foreach (var entry in entries)
            {
                if (Overflow)
                {
                    return;
                }

                Entry(entry, relative.Length == 0 ? entry.Name : $"{relative}/{entry.Name}", real, depth);
            }
        }

        private void Entry(FileSystemInfo entry, string relative, string parentReal, int depth)
        {
            var real = IsLink(entry) ? RealPath.Of(entry.FullName) : $"{parentReal.TrimEnd('/')}/{entry.Name}";
            if (real is not null && (IsLink(entry) ? Directory.Exists(real) : entry is DirectoryInfo))
            {
                try
                {
                    Enter(entry.FullName, relative, real, depth + 1);
                }
                catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
                {
                    Unreadable.Add((relative, broken.Message));
                }
            }
            else if (IsManifest(entry.Name))
            {
                Overflow = Files.Count >= maxFiles;
                if (!Overflow)
                {
                    Files.Add(new(relative, entry.FullName, Stamp(entry, real)));
                }
            }
        }

        private static FileStamp? Stamp(FileSystemInfo entry, string? real)
        {
            if (real is null)
            {
                return null;
            }

            var file = entry is FileInfo plain && !IsLink(entry) ? plain : new FileInfo(real);
            return file.Exists ? new(real, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc) : null;
        }

        private static bool IsLink(FileSystemInfo entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

        private static bool IsManifest(string name) =>
            Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml" or ".json";
    }
}
