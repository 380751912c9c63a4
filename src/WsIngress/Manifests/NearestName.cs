using WsIngress.Translation;

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
            var edits = string.Equals(name, written, StringComparison.OrdinalIgnoreCase) ? 0 : EditDistance.Between(written, name);
            if (edits < least)
            {
                least = edits;
                nearest = name;
            }
        }

        return nearest;
    }
}
