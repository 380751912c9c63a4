using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace WsIngress.Transport.Heads;

/// <summary>
/// Tells from the first bytes of a request whether they are a complete, plain upgrade to a WebSocket, or a complete, plain request without a body; without
/// I/O. Lines are split by Kestrel's own parser and judged by stricter rules than its own, so that it would have taken every head that is taken here, and as
/// the same. All else is its to judge: a false <see cref="HeadKind.Other"/> costs time, a false other kind would open a way around a check.
/// One reader serves one thread.
/// </summary>
internal sealed class RequestHeadReader(HeadLimits limits)
{
    /// <summary>Bytes without the end of a head after which no more are waited for.</summary>
    public const int MaxIncomplete = 16 * 1024;

    /// <summary>Control characters that no line of a head holds; those of line ends are counted.</summary>
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

    [ThreadStatic]
    private static RequestHeadReader? _ofThread;

    private readonly HttpParser<HeadLines.Sink> _parser = new(showErrorDetails: false);
    private readonly HeadLines _lines = new(limits.Headers);

    /// <summary>The reader of this loop's thread, whose bounds are those of the first call.</summary>
    public static RequestHeadReader OfThread(HeadLimits limits) => _ofThread ??= new RequestHeadReader(limits);

    /// <param name="bytes">All that has come so far. Nothing of it is kept or changed.</param>
    /// <param name="head">The head of an <see cref="HeadKind.Upgrade"/> or <see cref="HeadKind.Plain"/>, else null.</param>
    /// <param name="consumed">Its length; what follows it are the client's early frames, or its next request.</param>
    public HeadKind Read(ReadOnlyMemory<byte> bytes, out RequestHead? head, out int consumed)
    {
        head = null;
        consumed = 0;
        ReadOnlySpan<byte> span = bytes.Span;
        if (!span.StartsWith("GET /"u8) && !span.StartsWith("HEAD /"u8) && !span.StartsWith("OPTIONS /"u8))
        {
            return "GET /"u8.StartsWith(span) || "HEAD /"u8.StartsWith(span) || "OPTIONS /"u8.StartsWith(span) ? HeadKind.Incomplete : HeadKind.Other;
        }

        int end = span.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return MayBecomeOne(span) ? HeadKind.Incomplete : HeadKind.Other;
        }

        int length = end + 4;
        HeadKind kind = span[..length].ContainsAny(Controls) ? HeadKind.Other : Judge(bytes[..length]);
        if (kind != HeadKind.Other)
        {
            head = _lines.ToHead();
            consumed = length;
        }

        return kind;
    }

    /// <summary>A line that ends without CR may be the last one to Kestrel, and a first line of another shape is answered by it at once.</summary>
    private static bool MayBecomeOne(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= MaxIncomplete)
        {
            return false;
        }

        int line = bytes.IndexOf((byte)'\n');
        return line < 0 || (bytes[..line].EndsWith(" HTTP/1.1\r"u8) && bytes.Count((byte)'\n') == bytes.Count("\r\n"u8));
    }

    private HeadKind Judge(ReadOnlyMemory<byte> head)
    {
        _lines.Begin(head);
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(head));
        try
        {
            var sink = new HeadLines.Sink(_lines);
            if (!_parser.ParseRequestLine(sink, ref reader) || reader.Consumed > limits.RequestLine || !_lines.IsPlain)
            {
                return HeadKind.Other;
            }

            long line = reader.Consumed;
            bool isSound = _parser.ParseHeaders(sink, ref reader)
                && reader.End

                // Kestrel does not count the empty line.
                && reader.Consumed - line - 2 <= limits.HeaderBytes

                // Kestrel takes lines that end with LF alone. One CR per line, since its parser takes none inside of one.
                && head.Span.Count((byte)'\r') == _lines.Count + 2;
            return isSound ? _lines.Kind : HeadKind.Other;
        }
        catch (BadHttpRequestException)
        {
            return HeadKind.Other;
        }
    }
}
