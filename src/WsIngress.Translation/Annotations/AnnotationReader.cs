namespace WsIngress.Translation.Annotations;

/// <summary>Reads the annotations of one object: values into an <see cref="AnnotationSet"/>, the rest into problems.</summary>
internal static class AnnotationReader
{
    /// <summary>Names that do not exist, named one by one on one object; the rest is one problem. To look for the nearest name costs, and so does each Event.</summary>
    private const int MostUnknown = 20;

    /// <param name="annotations">As the object has them.</param>
    /// <param name="place">What the object is.</param>
    /// <param name="owner">The object.</param>
    /// <param name="problems">What cannot be used goes here.</param>
    /// <param name="defaults">Of the operator; a Service's values come before the Ingress's, so its set has none.</param>
    public static AnnotationSet Read(IDictionary<string, string>? annotations, AnnotationTargets place, ObjectReference owner, List<Problem> problems, AnnotationDefaults? defaults = null)
    {
        defaults ??= AnnotationDefaults.None;
        var set = new AnnotationSet(owner, place == AnnotationTargets.Ingress ? defaults : null);
        if (annotations is null)
        {
            return set;
        }

        List<string>? unknown = null;
        foreach (var (name, text) in annotations)
        {
            if (!name.StartsWith(AnnotationCatalogue.Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (!AnnotationCatalogue.ByName.TryGetValue(name, out var annotation))
            {
                (unknown ??= []).Add(name);
            }
            else if ((annotation.Targets & place) == 0)
            {
                Misplaced(set, annotation, place, text, problems);
            }
            else if (annotation.Parse((text ?? "").Trim(), out var error) is { } value)
            {
                set.Set(annotation, value);
            }
            else
            {
                Refuse(set, annotation, place, text, error, problems, defaults);
            }
        }

        if (unknown is not null)
        {
            unknown.Sort(StringComparer.Ordinal);
            problems.AddRange(unknown.Take(MostUnknown).Select(name => Unknown(owner, name, annotations[name])));
            if (unknown.Count > MostUnknown)
            {
                problems.Add(UnknownRest(owner, unknown.Count - MostUnknown));
            }
        }

        return set;
    }

    private static void Refuse(AnnotationSet set, Annotation annotation, AnnotationTargets place, string? text, string error, List<Problem> problems, AnnotationDefaults defaults)
    {
        set.Refuse(annotation);
        var effect = annotation.GuardsAccess ? "it guards access, so the routes answer 503 until it is mended" : $"in force instead: {Instead(annotation, place, defaults)}";
        Add(set, annotation, text, $"the value {error}; allowed: {annotation.AllowedText}; {effect}", problems);
    }

    /// <summary>What is in force where a value cannot be used. What is about pods may stand in two places, and the other one is another object's.</summary>
    private static string Instead(Annotation annotation, AnnotationTargets place, AnnotationDefaults defaults)
    {
        var other = place == AnnotationTargets.Service ? "Ingress" : (annotation.Targets & AnnotationTargets.Service) != 0 ? "Service" : null;
        var last = defaults.TextOf(annotation) is { } text ? $"{text}, the operator's default" : $"{annotation.DefaultText}, the built-in default";
        return $"{(other is null ? "" : $"the {other}'s value, or else ")}{last}";
    }

    // A guard in the wrong place would leave open what its author believes closed.
    private static void Misplaced(AnnotationSet set, Annotation annotation, AnnotationTargets place, string? text, List<Problem> problems)
    {
        var effect = annotation.GuardsAccess ? "it guards access, so the routes answer 503 until it is moved" : "it has no effect here";
        Add(set, annotation, text, $"this annotation belongs on the {annotation.Targets}, not on the {place}; {effect}", problems);
    }

    private static void Add(AnnotationSet set, Annotation annotation, string? text, string message, List<Problem> problems)
    {
        if (annotation.GuardsAccess)
        {
            set.Break(annotation);
        }

        problems.Add(new(set.Owner, ProblemReason.InvalidAnnotation, annotation.Field, ProblemText.Clip(text), annotation.AllowedText, message));
    }

    private static Problem Unknown(ObjectReference owner, string name, string? text)
    {
        var near = NearestName.Of(name);
        var message = near is null ? "no such annotation in this version" : $"no such annotation in this version; did you mean {near}?";
        return Warning(owner, $"metadata.annotations[{ProblemText.Clip(name)}]", ProblemText.Clip(text), near ?? "a name of the annotations reference", message);
    }

    private static Problem UnknownRest(ObjectReference owner, int count) =>
        Warning(owner, "metadata.annotations", "", "", $"no such annotations in this version: {count} more under {AnnotationCatalogue.Prefix}");

    private static Problem Warning(ObjectReference owner, string field, string value, string allowed, string message) =>
        new(owner, ProblemReason.UnknownAnnotation, field, value, allowed, message) { Severity = ProblemSeverity.Warning };
}
