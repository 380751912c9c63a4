using System.Collections.Immutable;

namespace WsIngress.Translation.Annotations;

/// <summary>
/// What the operator lets annotations say where no object sets them: read once, at the start, by the parsers of the annotations themselves. They are about
/// sockets and balancing alone: what guards access or rewrites paths is its author's to say.
/// </summary>
public sealed class AnnotationDefaults
{
    public static readonly AnnotationDefaults None = new([]);

    private readonly object?[] _values = new object?[AnnotationCatalogue.All.Length];
    private readonly string?[] _texts = new string?[AnnotationCatalogue.All.Length];

    private AnnotationDefaults(List<(Annotation Annotation, string Text, object Value)> entries)
    {
        foreach (var (annotation, text, value) in entries)
        {
            (_values[annotation.Index], _texts[annotation.Index]) = (value, text);
        }

        Entries = [.. entries.OrderBy(entry => entry.Annotation.Index).Select(entry => (ShortName(entry.Annotation), entry.Text))];
    }

    /// <summary>Names without the prefix and values as they were given, in the order of the reference.</summary>
    public ImmutableArray<(string Name, string Text)> Entries { get; }

    /// <summary>Annotations that can have one, without their prefix.</summary>
    public static ImmutableArray<string> Names { get; } = [.. AnnotationCatalogue.All.Where(CanHaveOne).Select(ShortName)];

    /// <summary>Reads all of them; what cannot be used is an error that names it, its value and what is allowed, and leaves none.</summary>
    /// <param name="given">Names, with or without the prefix, and values as an annotation would have them.</param>
    /// <param name="errors">Sentences.</param>
    public static AnnotationDefaults Read(IEnumerable<(string Name, string Text)> given, ICollection<string> errors)
    {
        var entries = new List<(Annotation Annotation, string Text, object Value)>();
        var before = errors.Count;
        foreach (var (name, text) in given)
        {
            var full = name.StartsWith(AnnotationCatalogue.Prefix, StringComparison.Ordinal) ? name : AnnotationCatalogue.Prefix + name;
            if (!AnnotationCatalogue.ByName.TryGetValue(full, out var annotation))
            {
                var near = NearestName.Of(full);
                errors.Add($"'{ProblemText.Clip(name)}': no such annotation{(near is null ? "" : $", did you mean {near[AnnotationCatalogue.Prefix.Length..]}?")}; allowed: {string.Join(", ", Names)}");
            }
            else if (!CanHaveOne(annotation))
            {
                errors.Add($"'{ProblemText.Clip(name)}': this annotation has no default of the operator; allowed: {string.Join(", ", Names)}");
            }
            else if (entries.Exists(entry => entry.Annotation == annotation))
            {
                errors.Add($"'{ProblemText.Clip(name)}': given twice; allowed: once");
            }
            else if (annotation.Parse(text.Trim(), out var error) is { } value)
            {
                entries.Add((annotation, text.Trim(), value));
            }
            else
            {
                errors.Add($"'{ProblemText.Clip(name)}={ProblemText.Clip(text)}': the value {error}; allowed: {annotation.AllowedText}");
            }
        }

        return entries.Count == 0 || errors.Count > before ? None : new(entries);
    }

    /// <summary>Null where the operator says nothing.</summary>
    public string? TextOf(Annotation annotation) => _texts[annotation.Index];

    internal object? ValueOf(Annotation annotation) => _values[annotation.Index];

    private static bool CanHaveOne(Annotation annotation) => annotation.Group is AnnotationGroup.WebSocket or AnnotationGroup.Balancing;

    private static string ShortName(Annotation annotation) => annotation.Name[AnnotationCatalogue.Prefix.Length..];
}
