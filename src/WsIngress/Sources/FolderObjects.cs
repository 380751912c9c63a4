using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Manifests;
using WsIngress.Translation;

namespace WsIngress.Sources;

/// <summary>Gathers the objects of files given in path order; of two with the same kind, namespace and name the first one counts.</summary>
/// <param name="limits">How much is read.</param>
/// <param name="expected">About how many objects there will be.</param>
internal sealed class FolderObjects(ManifestLimits limits, int expected = 0)
{
    private readonly Dictionary<ObjectReference, (string Path, PlacedObject Placed)> _known = new(expected + (expected / 8));
    private readonly List<IKubernetesObject<V1ObjectMeta>>[] _byKind = [.. ObjectKindInfo.All.Select(_ => new List<IKubernetesObject<V1ObjectMeta>>())];
    private bool _full;

    public List<Problem> Problems { get; } = [];

    public void Add(ManifestFile file)
    {
        foreach (var placed in file.Objects)
        {
            var written = placed.Written;
            var reference = new ObjectReference(ObjectKindInfo.Of(written.Kind).Name, written.Key.Namespace, written.Key.Name);
            if (_known.Count >= limits.Documents)
            {
                Full(file);
                return;
            }

            if (_known.TryAdd(reference, (file.Path, placed)))
            {
                _byKind[(int)written.Kind].Add(written.Object);
            }
            else
            {
                Duplicate(reference, file.Path, placed);
            }
        }
    }

    public ImmutableArray<ImmutableArray<IKubernetesObject<V1ObjectMeta>>> ByKind() => [.. _byKind.Select(objects => objects.ToImmutableArray())];

    public ObjectLocations Locations() => new(_known);

    private void Duplicate(ObjectReference reference, string path, PlacedObject placed)
    {
        if (Problems.Count >= limits.Problems)
        {
            return;
        }

        var (first, firstPlaced) = _known[reference];
        var firstAt = $"{first}:{firstPlaced.Line("")}";
        var at = $"{path}:{placed.Line("")}";
        Problems.Add(new(reference, ProblemReason.Duplicate, "metadata.name", reference.Name, "", $"is written twice; {firstAt} is used, {at} is not") { Location = at });
    }

    private void Full(ManifestFile file)
    {
        if (!_full)
        {
            Problems.Add(ManifestFile.FileProblem(file.Path, 1, $"comes after {limits.Documents} objects, which is the most that is read from a folder; it and all later ones are not used"));
        }

        _full = true;
    }
}

/// <summary>Where each object of a folder is written.</summary>
internal sealed class ObjectLocations(IReadOnlyDictionary<ObjectReference, (string Path, PlacedObject Placed)> objects) : IObjectLocations
{
    public string? Locate(ObjectReference found, string field)
    {
        if (!objects.TryGetValue(found, out var at))
        {
            return null;
        }

        // The text form of a Secret's data is merged into data, so a problem of data may be written there.
        var line = at.Placed.Line(field);
        if (found.Kind == "Secret" && field.StartsWith("data[", StringComparison.Ordinal) && line == at.Placed.Line("data"))
        {
            line = Math.Max(line, at.Placed.Line("stringD" + field[1..]));
        }

        return $"{at.Path}:{line}";
    }
}
