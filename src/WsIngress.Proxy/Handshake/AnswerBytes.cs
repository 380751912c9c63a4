using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Handshake;

/// <summary>
/// Answers to a handshake as bytes, for clients that no HTTP server stands before. The same lines and body as Kestrel sends for the same
/// result; after a refusal the connection lives on and is Kestrel's.
/// </summary>
/// <remarks>Each writes all of its answer, or nothing and says false: a header that could break out of its line is a defect, answered with 500.</remarks>
internal static class AnswerBytes
{
    /// <summary>Room for every line that is written here and does not come from a list.</summary>
    private const int FixedLines = 256;

    /// <summary>The end of a body in chunks (RFC 9112 §7.1).</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>The head of <c>101 Switching Protocols</c>.</summary>
    public static bool TryWriteSwitch(IBufferWriter<byte> output, HeaderList headers, DateLine date)
    {
        if (!HeadBytes.CanWrite(headers))
        {
            return false;
        }

        var head = new HeadBytes(output.GetSpan(HeadBytes.SizeOf(headers) + FixedLines));
        head.Add("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8);
        End(ref head, headers, date);
        output.Advance(head.Length);
        return true;
    }

    /// <summary>The body of a refusal.</summary>
    public static byte[] TextBytes(int status, string text) => Encoding.UTF8.GetBytes(LocalAnswer.TextOf(status, text));

    /// <summary>A refusal of our own: head and text; the head alone to HEAD (RFC 9110 §9.3.2).</summary>
    public static bool TryWriteRefusal(IBufferWriter<byte> output, int status, HeaderList headers, string text, DateLine date, bool isHead = false)
    {
        if (!HeadBytes.CanWrite(headers))
        {
            return false;
        }

        var body = TextBytes(status, text);
        var head = new HeadBytes(output.GetSpan(HeadBytes.SizeOf(headers) + FixedLines + body.Length));
        StatusLine(ref head, status);
        head.Add("Content-Type: text/plain; charset=utf-8\r\n"u8);
        head.AddField("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        End(ref head, headers, date);
        head.Add(isHead ? [] : body);
        output.Advance(head.Length);
        return true;
    }

    /// <summary>The head of a pod's own answer. Its body follows as the pod framed it: by length, or else in chunks.</summary>
    public static bool TryWritePodHead(IBufferWriter<byte> output, int status, HeaderList headers, BodyFraming framing, DateLine date)
    {
        if (!HeadBytes.CanWrite(headers))
        {
            return false;
        }

        var head = new HeadBytes(output.GetSpan(HeadBytes.SizeOf(headers) + FixedLines));
        StatusLine(ref head, status);
        if (IsInChunks(framing))
        {
            head.Add("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (status == 205)
        {
            // The one status without a body whose length is to be told (RFC 9110 §15.3.6).
            head.Add("Content-Length: 0\r\n"u8);
        }

        End(ref head, headers, date);
        output.Advance(head.Length);
        return true;
    }

    /// <summary>Whether a body goes to the client in chunks: when no length is known. The end of the connection alone would not tell a whole body from a cut one.</summary>
    public static bool IsInChunks(BodyFraming framing) => framing.End is BodyEnd.Chunks or BodyEnd.Close;

    /// <summary>A part of a body in chunks; nothing when it is empty, which would be the end of the body.</summary>
    public static void WriteChunk(IBufferWriter<byte> output, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return;
        }

        Span<byte> size = stackalloc byte[8];
        part.Length.TryFormat(size, out var digits, "x", CultureInfo.InvariantCulture);
        output.Write(size[..digits]);
        output.Write("\r\n"u8);
        output.Write(part);
        output.Write("\r\n"u8);
    }

    /// <summary>The first line of an answer, with the common reason or the pod's own.</summary>
    public static void StatusLine(ref HeadBytes head, int status, string? reason = null)
    {
        head.Add("HTTP/1.1 "u8);
        head.Add(status.ToString(CultureInfo.InvariantCulture));
        head.Add(" "u8);
        head.Add(reason ?? ReasonPhrases.GetReasonPhrase(status));
        head.Add("\r\n"u8);
    }

    private static void End(ref HeadBytes head, HeaderList headers, DateLine date)
    {
        head.AddFields(headers);
        if (!headers.Contains("Date"))
        {
            head.Add(date.Now());
        }

        head.Add("\r\n"u8);
    }
}
