using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>
/// Reads a manifest: YAML of any number of documents, or JSON. What is broken gets a Problem with its line and keeps its last good
/// form; the rest of the file is read. Parts that did not change since the previous reading are taken over, with the same objects.
/// </summary>
internal sealed class ManifestReader(ManifestLimits limits)
{
    /// <summary>How many parts were parsed so far, rather than taken over.</summary>
    public long Parsed { get; private set; }

    public ManifestLimits Limits => limits;

    /// <param name="path">As it is shown to people.</param>
    /// <param name="content">The bytes of the file, UTF-8.</param>
    /// <param name="previous">The last reading of the same file.</param>
    public ManifestFile Read(string path, ReadOnlySpan<byte> content, ManifestFile? previous = null)
    {
        var hash = ManifestText.Hash(content);
        if (previous is not null && previous.Hash == hash)
        {
            return previous;
        }

        if (!Utf8.IsValid(content))
        {
            return Unreadable(path, previous, "is no UTF-8 text") with { Hash = hash };
        }

        var utf8 = ManifestText.WithoutMark(content);
        var isJson = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        var known = (previous?.Parts ?? []).Select(part => part.Part).DistinctBy(part => part.Hash).ToDictionary(part => part.Hash);
        var cuts = isJson ? [new(0, utf8.Length, 1)] : ManifestText.Split(utf8, limits.Documents);
        if (cuts.Count > limits.Documents)
        {
            return Unreadable(path, previous, $"holds more than {limits.Documents} documents") with { Hash = hash };
        }

        var parts = ImmutableArray.CreateBuilder<(ManifestPart, int)>(cuts.Count);
        foreach (var cut in cuts)
        {
            var text = utf8.Slice(cut.Start, cut.Length);
            var partHash = ManifestText.Hash(text);
            parts.Add((known.TryGetValue(partHash, out var same) ? same : Parse(text, partHash, isJson), cut.FirstLine));
        }

        return Assemble(new ManifestFile(path) { Hash = hash, Parts = parts.MoveToImmutable() }, previous);
    }

    /// <summary>The file cannot be read at all: its last good objects stay.</summary>
    public static ManifestFile Unreadable(string path, ManifestFile? previous, string message) =>
        new ManifestFile(path) { Objects = previous?.Objects ?? [] }.With(message);

    private ManifestPart Parse(ReadOnlySpan<byte> text, UInt128 hash, bool isJson)
    {
        Parsed++;
        var part = new PartReader(limits);
        try
        {
            var roots = isJson ? JsonTree.Parse(text, limits) : YamlTree.Parse(Encoding.UTF8.GetString(text), limits);
            foreach (var root in roots)
            {
                part.Add(root);
            }

            return part.Result(hash);
        }
        catch (ManifestSyntaxException broken)
        {
            // Objects before the break may be half of what is meant, so the part counts as a whole.
            return new(hash) { Unreadable = true, Problems = [new(ManifestFile.FileProblem("", broken.Line, broken.Message), broken.Line)] };
        }
    }

    private ManifestFile Assemble(ManifestFile file, ManifestFile? previous)
    {
        var objects = ImmutableArray.CreateBuilder<PlacedObject>();
        var problems = new List<Problem>();
        foreach (var (part, firstLine) in file.Parts)
        {
            foreach (var found in part.Objects)
            {
                objects.Add(new(found, firstLine));
            }

            foreach (var (problem, line) in part.Problems)
            {
                // A part does not know the file it stands in: it may be taken over after other lines moved it.
                var about = problem.Object.Kind == "File" ? problem.Object with { Name = file.Path } : problem.Object;
                problems.Add(problem with { Object = about, Location = $"{file.Path}:{firstLine + line - 1}" });
            }
        }

        if (problems.Count > limits.Problems)
        {
            var more = problems.Count - limits.Problems;
            problems.RemoveRange(limits.Problems, more);
            problems.Add(ManifestFile.FileProblem(file.Path, 1, $"has {more} more problems, which are not shown"));
        }

        KeepLastGood(file, previous, objects);
        return file with { Objects = objects.DrainToImmutable(), Problems = [.. problems] };
    }

    private static void KeepLastGood(ManifestFile file, ManifestFile? previous, ImmutableArray<PlacedObject>.Builder objects)
    {
        var unreadable = file.Parts.Any(part => part.Part.Unreadable);
        var broken = file.Parts.SelectMany(part => part.Part.Broken).ToHashSet();
        if (previous is null || (!unreadable && broken.Count == 0))
        {
            return;
        }

        var present = objects.Select(placed => (placed.Written.Kind, placed.Written.Key)).ToHashSet();
        foreach (var old in previous.Objects)
        {
            var id = (old.Written.Kind, old.Written.Key);
            if ((unreadable || broken.Contains(id)) && present.Add(id))
            {
                objects.Add(old);
            }
        }
    }
}
