using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using WsIngress.Transport.Heads;

namespace WsIngress.Proxy.Http;

/// <summary>A pod's answer without its body.</summary>
internal sealed record ResponseHead(int Status, HeaderList Headers)
{
    /// <summary>Its reason phrase when it is not the common one of its status.</summary>
    public string? Reason { get; init; }

    /// <summary>HTTP/1.0, which ends a connection unless told otherwise; nothing that we do not say.</summary>
    public bool IsOld { get; init; }

    /// <summary>The pod takes another request on the connection (RFC 9112 §9.3).</summary>
    public bool MayPersist => !IsOld && !Headers.HasToken("Connection", "close");

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

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    /// <summary>
    /// The same for answers whose head is written anew for the client, and which other clients of the pod take: lines may end with LF alone, folded lines are
    /// joined by a space and space before a colon is dropped (RFC 9112 §2.2, §5.1, §5.2).
    /// </summary>
    public static HeadError TryReadLenient(ReadOnlySpan<byte> bytes, out ResponseHead? head, out int consumed)
    {
        var error = TryRead(bytes, out head, out consumed);
        return error == HeadError.None ? error : LooseHead.TryRead(bytes, out head, out consumed);
    }

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
        if (!TryStatusLine(rest[..lineEnd], out var status, out var reason))
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
        head = new ResponseHead(status, headers) { IsOld = bytes[7] == '0', Reason = reason };
        return HeadError.None;
    }

    /// <summary><c>HTTP/1.x SP 3DIGIT [SP reason]</c>.</summary>
    internal static bool TryStatusLine(ReadOnlySpan<byte> line, out int status, out string? reason)
    {
        status = 0;
        reason = null;
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

        if (status is < 100 or > 999 || (line.Length > 12 && line[12] != ' ') || HasControl(line))
        {
            return false;
        }

        reason = line.Length > 13 && !Ascii.Equals(line[13..], ReasonPhrases.GetReasonPhrase(status)) ? Encoding.Latin1.GetString(line[13..]) : null;
        return true;
    }

    internal static bool TryHeader(ReadOnlySpan<byte> line, HeaderList headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || HasControl(line))
        {
            return false;
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        var known = KnownNames.Find(name);
        if (known is null && name.ContainsAnyExcept(TokenBytes))
        {
            return false;
        }

        headers.Add(known?.Text ?? Encoding.ASCII.GetString(name), known?.CommonValue(value) ?? Encoding.Latin1.GetString(value));
        return true;
    }

    private static bool HasControl(ReadOnlySpan<byte> line) => line.ContainsAny(Controls);
}
