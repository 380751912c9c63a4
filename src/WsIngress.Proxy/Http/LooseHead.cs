using System.Buffers;

namespace WsIngress.Proxy.Http;

/// <summary>Reads the heads of pods that do not keep to the letter of RFC 9112 and are understood by everybody; see <see cref="ResponseHeadReader.TryReadLenient"/>.</summary>
internal static class LooseHead
{
    public static HeadError TryRead(ReadOnlySpan<byte> bytes, out ResponseHead? head, out int consumed)
    {
        head = null;
        consumed = 0;
        if (bytes.Length >= 5 && !bytes.StartsWith("HTTP/"u8))
        {
            return HeadError.StatusLine;
        }

        if (LengthOf(bytes) is not (> 0 and var length))
        {
            return HeadError.Incomplete;
        }

        var rest = bytes[..length];
        if (!ResponseHeadReader.TryStatusLine(NextLine(ref rest), out var status, out var reason))
        {
            return HeadError.StatusLine;
        }

        var headers = new HeaderList();
        while (NextLine(ref rest) is { IsEmpty: false } line)
        {
            if (!TryField(line, ref rest, headers))
            {
                return HeadError.HeaderLine;
            }

            if (headers.Count > ResponseHeadReader.MaxHeaders)
            {
                return HeadError.TooManyHeaders;
            }
        }

        consumed = length;
        head = new ResponseHead(status, headers) { IsOld = bytes[7] == '0', Reason = reason };
        return HeadError.None;
    }

    /// <summary>Up to and with the first empty line; 0 when there is none.</summary>
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        var bare = bytes.IndexOf("\n\n"u8);
        var full = bytes.IndexOf("\n\r\n"u8);
        return bare >= 0 && (full < 0 || bare < full) ? bare + 2 : full + (full < 0 ? 1 : 3);
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private static bool TryField(scoped ReadOnlySpan<byte> line, ref ReadOnlySpan<byte> rest, HeaderList headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[0] is (byte)' ' or (byte)'\t')
        {
            return false;
        }

        // Name, colon and value once more, as they should have come.
        var text = new ArrayBufferWriter<byte>(line.Length + 16);
        text.Write(line[..colon].TrimEnd(" \t"u8));
        text.Write(line[colon..].TrimEnd(" \t"u8));
        while (rest[0] is (byte)' ' or (byte)'\t')
        {
            text.Write(" "u8);
            text.Write(NextLine(ref rest).Trim(" \t"u8));
        }

        return ResponseHeadReader.TryHeader(text.WrittenSpan, headers);
    }
}
