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
            var distance = Distance(name, known.Name);
            if (distance < least)
            {
                (best, least) = (known.Name, distance);
            }
        }

        return best;
    }

    private static int Distance(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var swap = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(swap, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
