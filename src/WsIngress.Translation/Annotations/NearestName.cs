namespace WsIngress.Translation.Annotations;

/// <summary>Finds what a mistyped annotation was probably meant to be.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest edits, or null when none is near (a third of the name, at most 4 edits).</summary>
    public static string? Of(string name)
    {
        // The distance costs length times length; no known name is near this long.
        if (name.Length > 80)
        {
            return null;
        }

        string? best = null;
        var least = Math.Min(4, Math.Max(2, (name.Length - AnnotationCatalogue.Prefix.Length) / 3)) + 1;
        foreach (var known in AnnotationCatalogue.All)
        {
            var distance = EditDistance.Between(name, known.Name);
            if (distance < least)
            {
                (best, least) = (known.Name, distance);
            }
        }

        return best;
    }
}
