using System.Buffers.Text;

namespace WsIngress.Proxy.Http;

/// <summary>
/// Takes the framing off a body in chunks (RFC 9112 §7.1), from bytes in hand and without I/O. Trailers are read to find the end and dropped.
/// </summary>
/// <param name="isLenient">Lines may end with LF alone: what is passed on is framed anew.</param>
internal struct ChunkReader(bool isLenient)
{
    /// <summary>Longest line of a size with its extensions, or of a trailer.</summary>
    public const int MaxLine = 8 * 1024;

    private const int MaxTrailerBytes = 64 * 1024;
    private const int MaxDigits = 15;

    private long _left;
    private int _trailers;
    private Step _step;

    /// <summary>The body is over.</summary>
    public readonly bool IsDone => _step == Step.Done;

    /// <summary>Goes one step on.</summary>
    /// <param name="bytes">What is in hand and was not consumed before.</param>
    /// <param name="data">Bytes of the body at the end of what was consumed; often none.</param>
    /// <returns>Bytes consumed; 0 when the next step needs more than is in hand.</returns>
    /// <exception cref="PodBodyException">The framing is broken.</exception>
    public int Read(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (_step == Step.Data)
        {
            data = bytes[..(int)Math.Min(bytes.Length, _left)];
            _left -= data.Length;
            _step = _left == 0 ? Step.DataEnd : Step.Data;
            return data.Length;
        }

        if (_step == Step.Done)
        {
            return 0;
        }

        var end = bytes.IndexOf((byte)'\n');
        if ((end < 0 ? bytes.Length : end + 1) > MaxLine)
        {
            throw new PodBodyException("chunk line too long");
        }

        if (end < 0)
        {
            return 0;
        }

        var hasReturn = end > 0 && bytes[end - 1] == '\r';
        if (!hasReturn && !isLenient)
        {
            throw new PodBodyException("chunk line without CR");
        }

        Take(bytes[..(hasReturn ? end - 1 : end)]);
        return end + 1;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        switch (_step)
        {
            case Step.Size:
                _left = Size(line);
                _step = _left == 0 ? Step.Trailer : Step.Data;
                break;
            case Step.DataEnd when line.IsEmpty:
                _step = Step.Size;
                break;
            case Step.DataEnd:
                throw new PodBodyException("chunk longer than its size");
            case Step.Trailer when line.IsEmpty:
                _step = Step.Done;
                break;
            case Step.Trailer when (_trailers += line.Length + 1) > MaxTrailerBytes:
                throw new PodBodyException("too many trailers");
        }
    }

    private static long Size(ReadOnlySpan<byte> line)
    {
        var extension = line.IndexOf((byte)';');
        var digits = (extension < 0 ? line : line[..extension]).Trim(" \t"u8);
        return digits.Length is > 0 and <= MaxDigits && Utf8Parser.TryParse(digits, out long size, out var used, 'x') && used == digits.Length
            ? size
            : throw new PodBodyException("chunk size is no number");
    }

    private enum Step
    {
        Size,
        Data,
        DataEnd,
        Trailer,
        Done,
    }
}
