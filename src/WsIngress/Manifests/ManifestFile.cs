using System.Collections.Immutable;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>A problem and its line within the text that was parsed.</summary>
internal readonly record struct ManifestProblem(Problem Problem, int Line);

/// <summary>An object of a manifest; its lines count from the beginning of its part of the file.</summary>
internal sealed record ManifestObject(ObjectKind Kind, ObjectKey Key, IKubernetesObject<V1ObjectMeta> Object, FieldLines Lines);

/// <summary>What one part of a file says, wherever in the file it stands.</summary>
internal sealed record ManifestPart(UInt128 Hash)
{
    public ImmutableArray<ManifestObject> Objects { get; init; } = [];
    public ImmutableArray<ManifestProblem> Problems { get; init; } = [];

    /// <summary>Kinds that are not read here, as <c>apps/v1 Deployment</c>.</summary>
    public ImmutableArray<string> UnknownKinds { get; init; } = [];

    /// <summary>Objects that are written but cannot be used; they keep their last good form.</summary>
    public ImmutableArray<(ObjectKind Kind, ObjectKey Key)> Broken { get; init; } = [];

    /// <summary>True when it cannot even be told which objects are written: all of the file that are missing keep their last good form.</summary>
    public bool Unreadable { get; init; }
}

/// <summary>An object and the line of the file that its part begins at.</summary>
internal readonly record struct PlacedObject(ManifestObject Written, int FirstLine)
{
    public int Line(string field) => FirstLine + Written.Lines.Find(field) - 1;
}

/// <summary>A file as it was read.</summary>
internal sealed record ManifestFile(string Path)
{
    public UInt128 Hash { get; init; }

    public ImmutableArray<(ManifestPart Part, int FirstLine)> Parts { get; init; } = [];

    /// <summary>In written order, with the last good form of what is broken at the end.</summary>
    public ImmutableArray<PlacedObject> Objects { get; init; } = [];

    /// <summary>With their location.</summary>
    public ImmutableArray<Problem> Problems { get; init; } = [];

    public IEnumerable<string> UnknownKinds => Parts.SelectMany(part => part.Part.UnknownKinds);

    /// <summary>The same file with a problem of the file as a whole; its objects stay.</summary>
    public ManifestFile With(string message) => this with { Problems = [FileProblem(Path, 1, message), .. Problems.Where(p => p.Object.Kind != "File")] };

    public static Problem FileProblem(string path, int line, string message) =>
        new(new("File", "", path), ProblemReason.Unparsable, "", "", "", message) { Location = $"{path}:{line}" };
}
