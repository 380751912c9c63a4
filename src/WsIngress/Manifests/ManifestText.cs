using System.Security.Cryptography;

namespace WsIngress.Manifests;

/// <summary>A stretch of a file that is parsed by itself, and the line (1-based) of the file it begins at.</summary>
internal readonly record struct TextPart(int Start, int Length, int FirstLine);

/// <summary>
/// Cuts a YAML file at its <c>---</c> lines, as kubectl does. No YAML value may hold such a line, so the cut is exact; and a document
/// that is broken spoils no other, and one that is unchanged need not be parsed again.
/// </summary>
internal static class ManifestText
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) => utf8.StartsWith(ByteOrderMark) ? utf8[3..] : utf8;

    /// <summary>At most <paramref name="limit"/> + 1 parts, so that the caller can tell that there are too many.</summary>
    public static List<TextPart> Split(ReadOnlySpan<byte> utf8, int limit)
    {
        var parts = new List<TextPart>();
        int start = 0, at = 0, line = 1, firstLine = 1;
        var hasContent = false;
        while (at < utf8.Length && parts.Count <= limit)
        {
            var end = utf8[at..].IndexOf((byte)'\n');
            var next = end < 0 ? utf8.Length : at + end + 1;
            var text = utf8[at..next];
            if (IsMarker(text) && hasContent)
            {
                parts.Add(new(start, at - start, firstLine));
                (start, firstLine, hasContent) = (at, line, false);
            }

            hasContent |= HasContent(text);
            at = next;
            line++;
        }

        if (hasContent)
        {
            parts.Add(new(start, utf8.Length - start, firstLine));
        }

        return parts;
    }

    public static UInt128 Hash(ReadOnlySpan<byte> part)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(part, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static bool IsMarker(ReadOnlySpan<byte> line) => line.StartsWith("---"u8) && (line.Length == 3 || line[3] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');

    /// <summary>Comments and directives belong to the document that follows them.</summary>
    private static bool HasContent(ReadOnlySpan<byte> line)
    {
        var text = line.Trim(" \t\r\n"u8);
        if (IsMarker(line))
        {
            text = text[3..].TrimStart(" \t"u8);
        }

        return text.Length > 0 && text[0] != '#' && line[0] != '%';
    }
}
