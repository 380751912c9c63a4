using System.Text;

namespace WsIngress.Proxy.Http;

/// <summary>A pod's answer without its body.</summary>
internal sealed record ResponseHead(int Status, HeaderList Headers)
{
    public bool IsInformational => Status is >= 100 and < 200 && Status != 101;
}

/// <summary>What is wrong with the bytes a pod sent as its answer.</summary>
internal enum HeadError
{
    None,

    /// <summary>No complete head yet.</summary>
    Incomplete,

    StatusLine,
    HeaderLine,
    TooManyHeaders,
}

/// <summary>
/// Reads an HTTP/1.1 response head (RFC 9112 §4, §5) from bytes in hand, without I/O. Strict: bare LF, folded lines and
/// spaces before the colon are errors, since two readers that differ on them can be played against each other.
/// </summary>
internal static class ResponseHeadReader
{
    public const int MaxHeaders = 256;

    public static HeadError TryRead(ReadOnlySpan<byte> bytes, out ResponseHead? head, out int consumed)
    {
        head = null;
        consumed = 0;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length >= 5 && !bytes.StartsWith("HTTP/"u8) ? HeadError.StatusLine : HeadError.Incomplete;
        }

        var rest = bytes[..(end + 2)];
        var lineEnd = rest.IndexOf("\r\n"u8);
        if (!TryStatusLine(rest[..lineEnd], out var status))
        {
            return HeadError.StatusLine;
        }

        var headers = new HeaderList();
        rest = rest[(lineEnd + 2)..];
        while (rest.Length > 0)
        {
            lineEnd = rest.IndexOf("\r\n"u8);
            if (!TryHeader(rest[..lineEnd], headers))
            {
                return HeadError.HeaderLine;
            }

            if (headers.Count > MaxHeaders)
            {
                return HeadError.TooManyHeaders;
            }

            rest = rest[(lineEnd + 2)..];
        }

        consumed = end + 4;
        head = new ResponseHead(status, headers);
        return HeadError.None;
    }

    /// <summary><c>HTTP/1.x SP 3DIGIT [SP reason]</c>.</summary>
    private static bool TryStatusLine(ReadOnlySpan<byte> line, out int status)
    {
        status = 0;
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ')
        {
            return false;
        }

        for (var i = 9; i < 12; i++)
        {
            if (!char.IsAsciiDigit((char)line[i]))
            {
                return false;
            }

            status = (status * 10) + line[i] - '0';
        }

        return status is >= 100 and <= 999 && (line.Length == 12 || line[12] == ' ') && !HasControl(line);
    }

    private static bool TryHeader(ReadOnlySpan<byte> line, HeaderList headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || HasControl(line))
        {
            return false;
        }

        foreach (var b in line[..colon])
        {
            if (!HttpSyntax.IsTokenCharacter((char)b))
            {
                return false;
            }
        }

        headers.Add(Encoding.ASCII.GetString(line[..colon]), Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8)));
        return true;
    }

    private static bool HasControl(ReadOnlySpan<byte> line)
    {
        foreach (var b in line)
        {
            if ((b < 0x20 && b != '\t') || b == 0x7f)
            {
                return true;
            }
        }

        return false;
    }
}
