namespace WsIngress.Client;

/// <summary>
/// A duplex stream whose first bytes were read already: first <paramref name="kept"/>, then what the read still under way
/// (<paramref name="pending"/>, into <paramref name="target"/>) brings, then the stream itself.
/// </summary>
internal sealed class PrefixedStream(Stream inner, ReadOnlyMemory<byte> kept, Task<int>? pending, ReadOnlyMemory<byte> target) : Stream
{
    private ReadOnlyMemory<byte> _kept = kept;
    private Task<int>? _pending = pending;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_kept.IsEmpty && _pending is not null)
        {
            var read = await _pending.WaitAsync(cancellationToken);
            _pending = null;
            _kept = target[..read];
            if (read == 0)
            {
                return 0;
            }
        }

        if (_kept.IsEmpty)
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(buffer.Length, _kept.Length);
        _kept[..count].CopyTo(buffer);
        _kept = _kept[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
