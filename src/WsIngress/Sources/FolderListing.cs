using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.Enumeration;
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

    /// <summary>The folder as it was asked for, absolute, and its real path, both with a slash at the end.</summary>
    public required (string Asked, string Real) Root { get; init; }

    /// <summary>Paths below the folder of the folders that were entered; empty text is the folder itself.</summary>
    public required FrozenSet<string> Folders { get; init; }

    /// <summary>True when what is listed can change without an event of its own path: links lead elsewhere, something was left out.</summary>
    public required bool NeedsFullLook { get; init; }

    /// <exception cref="IOException">The folder itself is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself cannot be read.</exception>
    public static FolderListing Of(string folder, ManifestLimits limits)
    {
        var real = RealPath.Of(folder) ?? throw new DirectoryNotFoundException($"Folder {folder} does not exist.");
        var walk = new Walk(limits.Files);
        walk.Enter(folder, "", real, 0);
        walk.Files.Sort(ByPath.Instance);
        return new([.. walk.Files], [.. walk.Unreadable], walk.Overflow)
        {
            Root = (WithSlash(Path.GetFullPath(folder)), WithSlash(real)),
            Folders = walk.Folders.ToFrozenSet(StringComparer.Ordinal),
            NeedsFullLook = walk.HasLinks || walk.Overflow || walk.Unreadable.Count > 0,
        };
    }

    /// <summary>
    /// This listing with a look at these paths alone, for events that say which files changed; null when that is not enough to know what
    /// the folder holds now. Of 10,000 files one costs one look.
    /// </summary>
    public FolderListing? After(IReadOnlyCollection<string> changed, ManifestLimits limits)
    {
        if (NeedsFullLook)
        {
            return null;
        }

        var files = new List<ListedFile>(Files);
        foreach (var path in changed)
        {
            if (!TryLook(path, files))
            {
                return null;
            }
        }

        return files.Count > limits.Files ? null : this with { Files = [.. files] };
    }

    private bool TryLook(string path, List<ListedFile> files)
    {
        if (!path.StartsWith(Root.Asked, StringComparison.Ordinal))
        {
            return false;
        }

        var relative = path[Root.Asked.Length..];
        if (relative.Split('/').Any(part => part.StartsWith('.')))
        {
            return true;
        }

        var cut = relative.LastIndexOf('/');
        var file = new FileInfo(path);
        if (!IsManifest(relative) || !Folders.Contains(cut < 0 ? "" : relative[..cut]) || Folders.Contains(relative) || Directory.Exists(path) || file.LinkTarget is not null)
        {
            // A folder that came or went, a link, or a file that is none of ours and is there.
            return !IsManifest(relative) && !Folders.Contains(relative) && file.Exists && file.LinkTarget is null;
        }

        var at = files.BinarySearch(new(relative, path, null), ByPath.Instance);
        if (!file.Exists)
        {
            if (at >= 0)
            {
                files.RemoveAt(at);
            }

            return true;
        }

        var listed = new ListedFile(relative, path, new(Root.Real + relative, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc));
        if (at >= 0)
        {
            files[at] = listed;
        }
        else
        {
            files.Insert(~at, listed);
        }

        return true;
    }

    private static string WithSlash(string path) => path.EndsWith('/') ? path : path + "/";

    private static bool IsManifest(ReadOnlySpan<char> name) =>
        name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private sealed class ByPath : IComparer<ListedFile>
    {
        public static readonly ByPath Instance = new();

        public int Compare(ListedFile x, ListedFile y) => string.CompareOrdinal(x.RelativePath, y.RelativePath);
    }

    private sealed class Walk(int maxFiles)
    {
        private readonly HashSet<string> _entered = new(StringComparer.Ordinal);

        public List<ListedFile> Files { get; } = [];
        public List<string> Folders { get; } = [];
        public bool HasLinks { get; private set; }
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
            Folders.Add(relative);
            var entries = Read(path);
            Array.Sort(entries, static (left, right) => left.IsLink != right.IsLink ? left.IsLink.CompareTo(right.IsLink) : string.CompareOrdinal(left.Name, right.Name));
            var (below, prefix) = (WithSlash(path), WithSlash(real));
            foreach (var entry in entries)
            {
                if (Overflow)
                {
                    return;
                }

                Visit(entry, below + entry.Name, relative.Length == 0 ? entry.Name : $"{relative}/{entry.Name}", prefix, depth);
            }
        }

        /// <summary>What there is to know of each entry comes from one look at it: a folder of 10,000 files is listed on every change.</summary>
        private static Entry[] Read(string path)
        {
            var found = new FileSystemEnumerable<Entry>(
                path,
                static (ref entry) => new(
                    entry.FileName.ToString(),
                    entry.IsDirectory,
                    entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
                    entry.Length,
                    entry.LastWriteTimeUtc.UtcDateTime,
                    entry.CreationTimeUtc.UtcDateTime),
                new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })
            {
                ShouldIncludePredicate = static (ref entry) => entry.FileName[0] != '.' && (entry.IsDirectory || IsManifest(entry.FileName) || entry.Attributes.HasFlag(FileAttributes.ReparsePoint)),
            };
            return [.. found];
        }

        private void Visit(Entry entry, string full, string relative, string parentReal, int depth)
        {
            HasLinks |= entry.IsLink;
            var real = entry.IsLink ? RealPath.Of(full) : parentReal + entry.Name;
            if (real is not null && (entry.IsLink ? Directory.Exists(real) : entry.IsDirectory))
            {
                try
                {
                    Enter(full, relative, real, depth + 1);
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
                    Files.Add(new(relative, full, Stamp(entry, real)));
                }
            }
        }

        private static FileStamp? Stamp(Entry entry, string? real)
        {
            if (real is null)
            {
                return null;
            }

            if (!entry.IsLink)
            {
                return new(real, entry.Length, entry.Modified, entry.Created);
            }

            var file = new FileInfo(real);
            return file.Exists ? new(real, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc) : null;
        }

        private readonly record struct Entry(string Name, bool IsDirectory, bool IsLink, long Length, DateTime Modified, DateTime Created);
    }
}
