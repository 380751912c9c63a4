using System.Buffers;

namespace WsIngress.Cluster;

/// <summary>
/// The lines of a watch, one JSON object each. A line may come in any cutting; what is left without a line feed at the end of the stream
/// is no line.
/// </summary>
/// <param name="stream">The body of the answer.</param>
/// <param name="largest">Most bytes of one line.</param>
internal sealed class WatchLines(Stream stream, int largest) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _start;
    private int _end;
    private int _searched;

    /// <summary>Bytes after the last whole line: the stream was cut inside a line if there are some at its end.</summary>
    public bool IsInsideLine => _end > _start;

    /// <summary>The next line that is already here, without its line feed; valid until the next fill.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> line)
    {
        var feed = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (feed < 0)
        {
            _searched = _end;
            line = default;
            return false;
        }

        line = _buffer.AsMemory(_start, _searched + feed - _start);
        _start = _searched = _searched + feed + 1;
        return true;
    }

    /// <summary>Waits for more bytes; false at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke, or a line is longer than the bound.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_end == _buffer.Length || _start == _end)
        {
            MakeRoom();
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Moves what is pending to the front, into a larger buffer if need be, or into a small one once nothing large is pending.</summary>
    private void MakeRoom()
    {
        var pending = _end - _start;
        if (pending >= largest)
        {
            throw new IOException($"a line of the watch is longer than {largest} bytes");
        }

        var size = pending > _buffer.Length / 2 ? Math.Min(_buffer.Length * 2, Math.Max(largest, 16 * 1024)) : pending == 0 ? 16 * 1024 : _buffer.Length;
        var target = size == _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(_start, pending).CopyTo(target);
        if (!ReferenceEquals(target, _buffer))
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        _searched -= _start;
        (_start, _end) = (0, pending);
    }
}
