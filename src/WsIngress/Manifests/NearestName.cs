namespace WsIngress.Manifests;

/// <summary>Finds the name that a misspelt one was probably meant to be.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest edits, when these are few enough to be a slip; else null.</summary>
    public static string? Of(string written, IEnumerable<string> known)
    {
        if (written.Length > 64)
        {
            return null;
        }

        string? nearest = null;
        var least = Math.Max(1, written.Length / 3) + 1;
        foreach (var name in known.Order(StringComparer.Ordinal))
        {
            var edits = string.Equals(name, written, StringComparison.OrdinalIgnoreCase) ? 0 : Edits(written, name);
            if (edits < least)
            {
                least = edits;
                nearest = name;
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Edits(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var j = 0; j < row.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
