using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>
/// Checks manifests without serving them: reads all files of the given paths as one folder and translates them as standalone mode does.
/// </summary>
internal sealed class ManifestValidation(Func<ClusterSnapshot, TranslationResult> translate, ManifestLimits? limits = null)
{
    /// <summary>The options of standalone mode: no class object is needed.</summary>
    public static TranslationOptions StandaloneOptions { get; } = new() { IngressClassByName = true, WatchIngressWithoutClass = true };

    private readonly ManifestReader _reader = new(limits ?? ManifestLimits.Default);

    /// <param name="paths">Files of any name, and folders, which are read as <see cref="FolderSource"/> reads them.</param>
    /// <exception cref="IOException">A path does not exist or cannot be read; the message says which.</exception>
    public ValidationOutcome Run(IEnumerable<string> paths)
    {
        var objects = new FolderObjects(_reader.Limits);
        var problems = new List<Problem>();
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        var files = 0;
        foreach (var path in paths.SelectMany(Files))
        {
            var file = Read(path);
            objects.Add(file);
            problems.AddRange(file.Problems);
            unknown.UnionWith(file.UnknownKinds);
            files++;
        }

        var byKind = objects.ByKind();
        var result = translate(Snapshot(byKind));
        var located = new ProblemLocator([objects.Locations()]).Locate(result, problems.Concat(objects.Problems));
        return new(files, byKind.Sum(kind => kind.Length), [.. unknown], located);
    }

    private static ClusterSnapshot Snapshot(ImmutableArray<ImmutableArray<IKubernetesObject<V1ObjectMeta>>> byKind)
    {
        var store = new ObjectStore();
        foreach (var info in ObjectKindInfo.All)
        {
            store.Apply(StoreEvent.Replace(info.Kind, byKind[(int)info.Kind]));
        }

        return store.TakeSnapshot();
    }

    private IEnumerable<string> Files(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        return Directory.Exists(path)
            ? FolderListing.Of(path, _reader.Limits).Files.Select(file => Path.Combine(path, file.RelativePath))
            : throw new FileNotFoundException($"{path} does not exist.", path);
    }

    private ManifestFile Read(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length > _reader.Limits.FileBytes
                ? ManifestReader.Unreadable(path, null, $"has {length} bytes; at most {_reader.Limits.FileBytes} are read")
                : _reader.Read(path, File.ReadAllBytes(path));
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return ManifestReader.Unreadable(path, null, $"cannot be read: {broken.Message}");
        }
    }
}
