using System.Buffers;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Handshake;

/// <summary>The body of an answer on its way to a client that no HTTP server stands before: as it is, or in chunks (RFC 9112 §7.1).</summary>
internal sealed class AnswerBody(StreamSocket client, bool isInChunks) : Stream
{
    private readonly ArrayBufferWriter<byte> _chunk = new(512);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!isInChunks)
        {
            return client.WriteAsync(buffer, cancellationToken);
        }

        _chunk.ResetWrittenCount();
        AnswerBytes.WriteChunk(_chunk, buffer.Span);
        return client.WriteAsync(_chunk.WrittenMemory, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>The body is whole: says so where no length did.</summary>
    public ValueTask EndAsync(CancellationToken cancellation) =>
        isInChunks ? client.WriteAsync(AnswerBytes.LastChunk.ToArray(), cancellation) : ValueTask.CompletedTask;

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
