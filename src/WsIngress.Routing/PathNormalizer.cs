using System.Buffers;
using System.Text;

namespace WsIngress.Routing;

/// <summary>Why a request path is refused with 400.</summary>
public enum PathRefusal
{
    None,

    /// <summary>It does not begin with a slash.</summary>
    NotAbsolute,

    /// <summary>A percent sign without two hex digits.</summary>
    BadEscape,

    /// <summary>A control character, written out or escaped (<c>%00</c>).</summary>
    ControlCharacter,

    /// <summary>More <c>..</c> than elements before it.</summary>
    AboveRoot,

    /// <summary>A dot segment with a parameter (<c>/..;x/</c>): servers disagree on what it means.</summary>
    DotSegmentParameter,
}

/// <summary>
/// Brings a raw request path (no query) into the form that rules are matched against, so that no spelling dodges a rule:
/// escapes decoded once (RFC 3986 §2.1), <c>\</c> and <c>%5C</c> and <c>%2F</c> taken as separators, runs of slashes merged,
/// dot segments resolved (RFC 3986 §5.2.4). The path sent to the pod stays as the client wrote it.
/// </summary>
public static class PathNormalizer
{
    private static readonly SearchValues<char> Odd = SearchValues.Create(OddCharacters());

    /// <summary>True when <paramref name="path"/> is its own normal form, the common case.</summary>
    public static bool IsNormal(ReadOnlySpan<char> path) =>
        path.Length > 0 && path[0] == '/' && !path.ContainsAny(Odd)
        && path.IndexOf("//", StringComparison.Ordinal) < 0 && path.IndexOf("/.", StringComparison.Ordinal) < 0;

    /// <summary>Writes the normal form into <paramref name="destination"/>, which must be at least as long as the path.</summary>
    public static PathRefusal Normalize(ReadOnlySpan<char> path, Span<char> destination, out int written)
    {
        written = 0;
        if (path.Length == 0 || (path[0] != '/' && path[0] != '\\'))
        {
            return PathRefusal.NotAbsolute;
        }

        var refusal = Decode(path, destination, out var length);
        return refusal != PathRefusal.None ? refusal : ResolveSegments(destination[..length], out written);
    }

    /// <summary>The normal form as a string, or null with the refusal. For rules and tests; requests use the span form.</summary>
    public static string? Normalize(string path, out PathRefusal refusal)
    {
        var buffer = new char[path.Length];
        refusal = Normalize(path, buffer, out var written);
        return refusal == PathRefusal.None ? new string(buffer, 0, written) : null;
    }

    private static PathRefusal Decode(ReadOnlySpan<char> path, Span<char> output, out int length)
    {
        length = 0;
        for (var i = 0; i < path.Length;)
        {
            var c = path[i];
            if (c != '%')
            {
                if (char.IsControl(c))
                {
                    return PathRefusal.ControlCharacter;
                }

                output[length++] = c == '\\' ? '/' : c;
                i++;
                continue;
            }

            if (!TryEscape(path, i, out var value))
            {
                return PathRefusal.BadEscape;
            }

            if (value < 0x80)
            {
                if (value < 0x20 || value == 0x7f)
                {
                    return PathRefusal.ControlCharacter;
                }

                output[length++] = value == '\\' ? '/' : (char)value;
                i += 3;
                continue;
            }

            i += DecodeRune(path[i..], output, ref length);
        }

        return PathRefusal.None;
    }

    /// <summary>Decodes one escaped UTF-8 sequence; bytes that are none become U+FFFD, which no rule contains.</summary>
    private static int DecodeRune(ReadOnlySpan<char> escapes, Span<char> output, ref int length)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        while (count < 4 && TryEscape(escapes, count * 3, out var value) && value >= 0x80)
        {
            bytes[count++] = (byte)value;
        }

        Rune.DecodeFromUtf8(bytes[..count], out var rune, out var consumed);
        length += rune.EncodeToUtf16(output[length..]);
        return consumed * 3;
    }

    private static bool TryEscape(ReadOnlySpan<char> path, int at, out int value)
    {
        value = 0;
        if (at + 2 >= path.Length || path[at] != '%' || !char.IsAsciiHexDigit(path[at + 1]) || !char.IsAsciiHexDigit(path[at + 2]))
        {
            return false;
        }

        value = (Digit(path[at + 1]) << 4) | Digit(path[at + 2]);
        return true;
    }

    private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    /// <summary>Merges slashes and resolves dot segments in place; the write position never passes the read position.</summary>
    private static PathRefusal ResolveSegments(Span<char> path, out int written)
    {
        written = 0;
        var read = 0;
        while (read < path.Length)
        {
            // Stands on a slash. Find the segment after it; an empty one is a repeated slash.
            read++;
            var rest = path[read..];
            var end = rest.IndexOf('/');
            var segment = end < 0 ? rest : rest[..end];
            var last = end < 0;
            read += segment.Length;
            if (segment.Length == 0)
            {
                if (last)
                {
                    path[written++] = '/';
                }

                continue;
            }

            if (segment[0] == '.')
            {
                if (segment.StartsWith(".;") || segment.StartsWith("..;"))
                {
                    return PathRefusal.DotSegmentParameter;
                }

                if (segment is "." or "..")
                {
                    if (segment.Length == 2 && !Drop(path, ref written))
                    {
                        return PathRefusal.AboveRoot;
                    }

                    if (last)
                    {
                        path[written++] = '/';
                    }

                    continue;
                }
            }

            path[written] = '/';
            segment.CopyTo(path[(written + 1)..]);
            written += segment.Length + 1;
        }

        return PathRefusal.None;
    }

    /// <summary>Takes the last written segment away; false when there is none.</summary>
    private static bool Drop(Span<char> path, ref int written)
    {
        if (written == 0)
        {
            return false;
        }

        written = path[..written].LastIndexOf('/');
        return true;
    }

    private static string OddCharacters()
    {
        var odd = new StringBuilder("%\\\u007f");
        for (var c = '\0'; c < ' '; c++)
        {
            odd.Append(c);
        }

        for (var c = '\u0080'; c < '\u00a0'; c++)
        {
            odd.Append(c);
        }

        return odd.ToString();
    }
}
