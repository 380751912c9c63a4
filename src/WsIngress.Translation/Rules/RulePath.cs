using System.Buffers;
using System.Text;
using WsIngress.Routing;

namespace WsIngress.Translation.Rules;

/// <summary>
/// The literal path of a rule in the normal form in which requests are matched: percent-decoded UTF-8, no empty and no dot
/// segments; a Prefix without its closing slash. At most 4,096 characters.
/// </summary>
internal static class RulePath
{
    public const int MaxLength = 4096;

    public const string Allowed = "an absolute path of at most 4096 characters without //, /./, /../, ?, #, \\, control characters, %2F, %5C and broken %XX";

    private static readonly SearchValues<char> PatternCharacters = SearchValues.Create("^|[]({");

    /// <summary>An empty path is <c>/</c>. On false, <paramref name="error"/> completes "the path …".</summary>
    public static bool TryParse(string? text, PathMatchKind kind, out PathMatch match, out string error)
    {
        match = new(kind, "/");
        error = "";
        if (string.IsNullOrEmpty(text) || text == "/")
        {
            return true;
        }

        var path = text;
        error = CheckRaw(path);
        if (error.Length == 0 && path.Contains('%', StringComparison.Ordinal))
        {
            (path, error) = Decode(path);
        }

        if (error.Length == 0)
        {
            error = CheckSegments(path);
        }

        if (error.Length > 0)
        {
            return false;
        }

        if (kind == PathMatchKind.Prefix && path.Length > 1 && path[^1] == '/')
        {
            path = path[..^1];
        }

        match = new(kind, path);
        return true;
    }

    /// <summary>True when a literal path was probably meant as a regex or a glob of another controller.</summary>
    public static bool LooksLikeRegex(string path) =>
        path.AsSpan().IndexOfAny(PatternCharacters) >= 0 || path.Contains(".*", StringComparison.Ordinal) || path.EndsWith('*') || path.EndsWith('$');

    private static string CheckRaw(string path)
    {
        if (path.Length > MaxLength)
        {
            return $"is longer than {MaxLength} characters";
        }

        if (path[0] != '/')
        {
            return "does not begin with /";
        }

        if (path.Contains('\\', StringComparison.Ordinal))
        {
            return "has a \\, which is a separator in requests: write /";
        }

        var stranger = path.AsSpan().IndexOfAny('?', '#');
        return stranger >= 0 ? $"has a {path[stranger]}: rules match the path alone" : "";
    }

    private static (string Path, string Error) Decode(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(path.Length)];
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                var run = char.IsHighSurrogate(path[i]) && i + 1 < path.Length ? 2 : 1;
                length += Encoding.UTF8.GetBytes(path.AsSpan(i, run), bytes.AsSpan(length));
                i += run - 1;
                continue;
            }

            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
            {
                return (path, "has a % that is not followed by two hex digits");
            }

            var value = Convert.ToByte(path.Substring(i + 1, 2), 16);
            if (value is (byte)'/' or (byte)'\\')
            {
                return (path, $"has {path.AsSpan(i, 3)}, which is a separator in requests: write /");
            }

            bytes[length++] = value;
            i += 2;
        }

        return Strict(path, bytes.AsSpan(0, length));
    }

    private static (string Path, string Error) Strict(string path, ReadOnlySpan<byte> bytes)
    {
        var ok = System.Text.Unicode.Utf8.IsValid(bytes);
        return ok ? (Encoding.UTF8.GetString(bytes), "") : (path, "has %XX escapes that are no UTF-8");
    }

    private static string CheckSegments(string path)
    {
        foreach (var rune in path.EnumerateRunes())
        {
            if (Rune.IsControl(rune))
            {
                return "has a control character";
            }

            // What requests get for bytes that are no UTF-8: no rule may match that.
            if (rune == Rune.ReplacementChar)
            {
                return "has U+FFFD or half a surrogate pair";
            }
        }

        if (path.Contains("//", StringComparison.Ordinal))
        {
            return "has an empty segment (//), which requests never keep";
        }

        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan(range);
            if (segment is "." or ".." || segment.StartsWith(".;") || segment.StartsWith("..;"))
            {
                return "has a . or .. segment, which requests never keep";
            }
        }

        return "";
    }
}
