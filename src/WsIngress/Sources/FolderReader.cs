using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Manifests;
using WsIngress.Translation;

namespace WsIngress.Sources;

/// <summary>What a folder says at one moment. <see cref="Changed"/> holds the kinds whose objects differ from the reading before.</summary>
internal sealed record FolderReading
{
    public required ImmutableArray<ImmutableArray<IKubernetesObject<V1ObjectMeta>>> ObjectsByKind { get; init; }
    public required ImmutableArray<ObjectKind> Changed { get; init; }
    public required ImmutableArray<Problem> Problems { get; init; }
    public required ObjectLocations Locations { get; init; }
    public required ImmutableArray<string> UnknownKinds { get; init; }

    /// <summary>True when some file should be looked at again soon: it was emptied, or vanished while it was read.</summary>
    public bool LookAgain { get; init; }

    /// <summary>True when anything differs from the reading before: objects, problems or lines.</summary>
    public required bool Different { get; init; }

    public int Files { get; init; }
}

/// <summary>
/// Reads a folder again and again, and each time parses only what changed. Keeps for every file its last good objects, so it must be
/// one and the same reader for the life of a source. Not thread-safe.
/// </summary>
internal sealed class FolderReader(string folder, TimeProvider time, ManifestLimits limits)
{
    /// <summary>A file newer than this may be written again within the same tick of its clock, so its stamp is not trusted.</summary>
    private static readonly TimeSpan FreshFile = TimeSpan.FromSeconds(2);

    /// <summary>An emptied file is most likely half-written: an editor cut it and is about to fill it.</summary>
    private static readonly TimeSpan EmptyGrace = TimeSpan.FromSeconds(2);

    private readonly ManifestReader _reader = new(limits);
    private Dictionary<string, CachedFile> _files = new(StringComparer.Ordinal);
    private List<Problem> _folderProblems = [];
    private FolderReading? _last;
    private FolderListing? _listing;

    private sealed record CachedFile(FileStamp? Stamp, bool Trusted, ManifestFile File)
    {
        public DateTimeOffset? EmptySince { get; init; }
    }

    /// <summary>Parts of files that were parsed so far; a test counts them.</summary>
    public long Parsed => _reader.Parsed;

    /// <summary>Files whose content was read so far.</summary>
    public long Opened { get; private set; }

    /// <summary>Times that the whole folder was listed; a test counts them.</summary>
    public long Listed { get; private set; }

    /// <summary>Reads the folder.</summary>
    /// <param name="suspects">Full paths of files that are read whatever their stamp says.</param>
    /// <param name="onlySuspects">Nothing but these changed, as far as the watch knows.</param>
    /// <exception cref="IOException">The folder itself is gone or cannot be read; the last reading stays in force.</exception>
    public FolderReading Read(IReadOnlySet<string>? suspects = null, bool onlySuspects = false)
    {
        if (!onlySuspects || suspects is null || _listing?.After(suspects, limits) is not { } listing)
        {
            Listed++;
            listing = FolderListing.Of(folder, limits);
        }

        _listing = listing;
        var next = new Dictionary<string, CachedFile>(listing.Files.Length, StringComparer.Ordinal);
        foreach (var listed in listing.Files)
        {
            if (ReadFile(listed, suspects?.Contains(listed.FullPath) == true) is { } cached)
            {
                next[listed.RelativePath] = cached;
            }
        }

        var problems = new List<Problem>();
        KeepUnreadable(listing, next, problems);
        var isDifferent = _last is null
            || !_folderProblems.SequenceEqual(problems)
            || next.Count != _files.Count
            || next.Any(entry => !_files.TryGetValue(entry.Key, out var old) || !ReferenceEquals(old.File, entry.Value.File));
        (_files, _folderProblems) = (next, problems);
        var lookAgain = next.Values.Any(cached => cached.EmptySince is not null);
        return _last = isDifferent ? Assemble() with { LookAgain = lookAgain } : _last! with { Different = false, Changed = [], LookAgain = lookAgain };
    }

    /// <summary>Folders that could not be entered keep what they last held.</summary>
    private void KeepUnreadable(FolderListing listing, Dictionary<string, CachedFile> next, List<Problem> problems)
    {
        foreach (var (path, message) in listing.Unreadable)
        {
            problems.Add(ManifestFile.FileProblem(Shown(path), 1, $"cannot be read: {message}; its last good objects stay"));
            foreach (var (relative, cached) in _files)
            {
                if (relative.StartsWith(path + "/", StringComparison.Ordinal))
                {
                    next.TryAdd(relative, cached);
                }
            }
        }

        if (listing.Overflow)
        {
            problems.Add(ManifestFile.FileProblem(folder, 1, $"holds more than {limits.Files} manifest files; the rest is not read"));
        }
    }

    private CachedFile? ReadFile(ListedFile listed, bool suspect)
    {
        _files.TryGetValue(listed.RelativePath, out var cached);
        if (listed.Stamp is { } same && cached is { Trusted: true, EmptySince: null } && cached.Stamp == same && !suspect)
        {
            return cached;
        }

        var path = Shown(listed.RelativePath);
        if (listed.Stamp is not { } stamp)
        {
            return Broken(path, cached, null, "is a link that leads nowhere");
        }

        if (stamp.Length > limits.FileBytes)
        {
            return Broken(path, cached, stamp, $"has {stamp.Length} bytes; at most {limits.FileBytes} are read");
        }

        try
        {
            Opened++;
            var now = time.GetUtcNow();
            var content = ReadContent(stamp.RealPath);
            if (content is null)
            {
                return Broken(path, cached, stamp, $"has more than {limits.FileBytes} bytes, which is the most that is read");
            }

            var trusted = now - new DateTimeOffset(stamp.Modified) > FreshFile;
            return Emptied(cached, content, now) ?? new(stamp, trusted, _reader.Read(path, content, cached?.File));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return Broken(path, cached, null, $"cannot be read: {broken.Message}");
        }
        catch (Exception defect) when (defect is not OutOfMemoryException)
        {
            return Broken(path, cached, stamp, $"cannot be read because of a defect of WsIngress ({defect.GetType().Name})");
        }
    }

    /// <summary>Null when the file has outgrown the limit since it was listed.</summary>
    private byte[]? ReadContent(string path)
    {
        using var handle = File.OpenHandle(path);
        var length = RandomAccess.GetLength(handle);
        if (length > limits.FileBytes)
        {
            return null;
        }

        var content = new byte[length];
        var read = 0;
        while (read < content.Length && RandomAccess.Read(handle, content.AsSpan(read), read) is > 0 and var count)
        {
            read += count;
        }

        return read == content.Length ? content : content[..read];
    }

    /// <summary>A file that had objects and now holds nothing keeps them for a moment.</summary>
    private static CachedFile? Emptied(CachedFile? cached, byte[] content, DateTimeOffset now)
    {
        if (cached is null || cached.File.Objects.Length == 0 || !content.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            return null;
        }

        var since = cached.EmptySince ?? now;
        return now - since < EmptyGrace ? cached with { EmptySince = since } : null;
    }

    private static CachedFile Broken(string path, CachedFile? cached, FileStamp? stamp, string message)
    {
        var file = ManifestReader.Unreadable(path, cached?.File, message);
        var isKnown = cached is not null && cached.File.Problems.SequenceEqual(file.Problems);
        return new(stamp, Trusted: stamp is not null, isKnown ? cached!.File : file);
    }

    /// <summary>The path as people see it; a name may hold a line break, and must not begin a line of its own in a log.</summary>
    private string Shown(string relative)
    {
        var path = Path.Combine(folder, relative);
        return path.Any(char.IsControl) ? string.Concat(path.Select(c => char.IsControl(c) ? '?' : c)) : path;
    }

    private FolderReading Assemble()
    {
        var problems = new List<Problem>(_folderProblems);
        var folderObjects = new FolderObjects(limits, _last?.ObjectsByKind.Sum(kind => kind.Length) ?? 0);
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var cached in InOrder())
        {
            folderObjects.Add(cached.File);
            problems.AddRange(cached.File.Problems);
            foreach (var (part, _) in cached.File.Parts)
            {
                if (!part.UnknownKinds.IsEmpty)
                {
                    unknown.UnionWith(part.UnknownKinds);
                }
            }
        }

        problems.AddRange(folderObjects.Problems);
        if (problems.Count > limits.FolderProblems)
        {
            var more = problems.Count - limits.FolderProblems;
            problems.RemoveRange(limits.FolderProblems, more);
            problems.Add(ManifestFile.FileProblem(folder, 1, $"has {more} more problems, which are not shown"));
        }

        var byKind = folderObjects.ByKind();
        return new()
        {
            ObjectsByKind = byKind,
            Changed = [.. ObjectKindInfo.All.Select(info => info.Kind).Where(kind => _last is null || !Same(_last.ObjectsByKind[(int)kind], byKind[(int)kind]))],
            Problems = [.. problems],
            Locations = folderObjects.Locations(),
            UnknownKinds = [.. unknown],
            Different = true,
            Files = _files.Count,
        };
    }

    private IEnumerable<CachedFile> InOrder()
    {
        // A folder that could not be entered keeps files that the listing does not have.
        var listed = _listing!.Files;
        var paths = listed.Length == _files.Count ? listed.Select(file => file.RelativePath) : _files.Keys.Order(StringComparer.Ordinal);
        return paths.Select(path => _files.GetValueOrDefault(path)).OfType<CachedFile>();
    }

    private static bool Same(ImmutableArray<IKubernetesObject<V1ObjectMeta>> left, ImmutableArray<IKubernetesObject<V1ObjectMeta>> right) =>
        left.AsSpan().SequenceEqual(right.AsSpan(), ReferenceEqualityComparer.Instance);
}
