using System.Buffers;

namespace WsIngress.Cluster;

/// <summary>
/// The lines of a watch, one JSON object each. A line may come in any cutting; one above the bound, and a stream that ends inside a line, are
/// failures of the server, not events.
/// </summary>
internal sealed class WatchLines(Stream stream, int largest) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
    private int _start;
    private int _end;

    /// <summary>The next line without its line feed, valid until the next call; null at a clean end.</summary>
    /// <exception cref="IOException">The stream broke, ended inside a line, or the line is longer than the bound.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
    {
        var searched = _start;
        while (true)
        {
            var feed = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + feed - _start);
                _start = searched + feed + 1;
                return line;
            }

            searched = _end;
            if (_end == _buffer.Length)
            {
                searched -= MakeRoom();
            }

            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return _start == _end ? null : throw new IOException("the watch ended in the middle of a line");
            }

            _end += read;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Moves what is pending to the front, into a larger buffer if need be; returns by how much it moved.</summary>
    private int MakeRoom()
    {
        var pending = _end - _start;
        if (pending >= largest)
        {
            throw new IOException($"a line of the watch is longer than {largest} bytes");
        }

        var moved = _start;
        var target = pending > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, pending).CopyTo(target);
        if (!ReferenceEquals(target, _buffer))
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        (_start, _end) = (0, pending);
        return moved;
    }
}
