namespace WsIngress.Transport.Streams;

/// <summary>
/// A <see cref="StreamSocket"/> as a stream, for what is written over streams: heads, bodies, the relay of HTTP/2. Its disposal closes the socket.
/// Reads and writes without await are not supported: they would block a loop.
/// </summary>
internal sealed class LoopStream(StreamSocket socket) : Stream
{
    private int _disposed;

    public StreamSocket Socket => socket;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => socket.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        socket.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => socket.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        socket.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Says that nothing more will be written.</summary>
    public async ValueTask ShutdownWriteAsync()
    {
        await socket.Loop.SwitchTo();
        socket.ShutdownWrite();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (socket.Loop.IsCurrent)
            {
                socket.Abandon();
            }
            else
            {
                socket.Loop.Post(static state => ((StreamSocket)state!).Abandon(), socket);
            }
        }

        base.Dispose(disposing);
    }
}
