namespace WsIngress.Proxy.Http;

/// <summary>The body of a pod's refusal is not well framed: a bad chunk, or an end before its length.</summary>
internal sealed class PodBodyException(string message) : IOException(message);

/// <summary>
/// The body of an answer read from the pod's own connection: by chunks, by length, or to the end of the stream. Copies once,
/// decoded; the client's side frames it anew.
/// </summary>
internal sealed class PodBody(Stream pod, byte[] early, int earlyOffset, int earlyLength, BodyFraming framing)
{
    private byte[] _buffer = early;
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
        var chunks = new ChunkReader(isLenient: false);
        while (!chunks.IsDone)
        {
            var used = chunks.Read(_buffer.AsSpan(_start, _end - _start), out var data);
            var part = _buffer.AsMemory(_start + used - data.Length, data.Length);
            _start += used;
            if (!part.IsEmpty)
            {
                await client.WriteAsync(part, cancellation);
            }
            else if (used == 0 && !await FillMoreAsync(cancellation))
            {
                throw new PodBodyException("the pod's body ended early");
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

    /// <summary>More bytes behind the unread ones, or false at the end of the stream.</summary>
    private async ValueTask<bool> FillMoreAsync(CancellationToken cancellation)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            // No line that is waited for is longer than the bound of lines.
            Array.Resize(ref _buffer, Math.Max(ChunkReader.MaxLine, _buffer.Length * 2));
        }

        var read = await pod.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _end += read;
        return read > 0;
    }
}
