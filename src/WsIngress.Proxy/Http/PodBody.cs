using System.Buffers;
using System.Globalization;
using System.Text;

namespace WsIngress.Proxy.Http;

/// <summary>The body of a pod's refusal is not well framed: a bad chunk, or an end before its length.</summary>
internal sealed class PodBodyException(string message) : IOException(message);

/// <summary>
/// The body of an answer read from the pod's own connection: by chunks, by length, or to the end of the stream. Copies once,
/// decoded; the client's side frames it anew.
/// </summary>
internal sealed class PodBody(Stream pod, byte[] early, int earlyOffset, int earlyLength, BodyFraming framing)
{
    private const int MaxChunkLine = 256;
    private readonly byte[] _buffer = early;
    private int _start = earlyOffset;
    private int _end = earlyOffset + earlyLength;

    public BodyFraming Framing => framing;

    public async Task CopyToAsync(Stream client, CancellationToken cancellation)
    {
        switch (framing.End)
        {
            case BodyEnd.Length:
                await CopyExactlyAsync(client, framing.Length, cancellation);
                break;
            case BodyEnd.Chunks:
                await CopyChunksAsync(client, cancellation);
                break;
            case BodyEnd.Close:
                while (await FillAsync(cancellation))
                {
                    await client.WriteAsync(Take(int.MaxValue), cancellation);
                }

                break;
        }
    }

    private async Task CopyChunksAsync(Stream client, CancellationToken cancellation)
    {
        while (true)
        {
            var size = ParseChunkSize(await ReadLineAsync(cancellation));
            if (size == 0)
            {
                // Trailers are read to find the end and dropped: the client was promised none.
                for (var lines = 0; (await ReadLineAsync(cancellation)).Length > 0; lines++)
                {
                    if (lines > 64)
                    {
                        throw new PodBodyException("too many trailers");
                    }
                }

                return;
            }

            await CopyExactlyAsync(client, size, cancellation);
            if ((await ReadLineAsync(cancellation)).Length != 0)
            {
                throw new PodBodyException("chunk longer than its size");
            }
        }
    }

    private async Task CopyExactlyAsync(Stream client, long length, CancellationToken cancellation)
    {
        while (length > 0)
        {
            if (!await FillAsync(cancellation))
            {
                throw new PodBodyException("the pod's body ended early");
            }

            var part = Take(length);
            length -= part.Length;
            await client.WriteAsync(part, cancellation);
        }
    }

    private ReadOnlyMemory<byte> Take(long atMost)
    {
        var part = _buffer.AsMemory(_start, (int)Math.Min(_end - _start, atMost));
        _start += part.Length;
        return part;
    }

    /// <summary>At least one unread byte in the buffer, or false at the end of the stream.</summary>
    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = await pod.ReadAsync(_buffer, cancellation);
        }

        return _end > _start;
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new ArrayBufferWriter<byte>(64);
        while (true)
        {
            if (!await FillAsync(cancellation))
            {
                throw new PodBodyException("the pod's body ended early");
            }

            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var part = Take(at < 0 ? int.MaxValue : at + 1);
            line.Write(part.Span);
            if (line.WrittenCount > MaxChunkLine)
            {
                throw new PodBodyException("chunk line too long");
            }

            if (at >= 0)
            {
                var text = line.WrittenSpan;
                return text.Length >= 2 && text[^2] == '\r' ? Encoding.Latin1.GetString(text[..^2]) : throw new PodBodyException("chunk line without CR");
            }
        }
    }

    private static long ParseChunkSize(string line)
    {
        var digits = line.AsSpan();
        var extension = digits.IndexOf(';');
        digits = (extension < 0 ? digits : digits[..extension]).Trim(" \t");
        return digits.Length is > 0 and <= 15 && long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new PodBodyException("chunk size is no number");
    }
}
