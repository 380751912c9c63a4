using WsIngress.Relay;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Relaying;

/// <summary>What was read of a side that sent faster than it may, until its pause is over: at most one read, and what was read before the relay began.</summary>
internal sealed class PausedBytes(RelaySocket socket, RelayBufferPool buffers) : LoopTimer
{
    private byte[]? _buffer;
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    public override void OnDue() => socket.EndPauseInTime(this);

    /// <summary>Keeps the end of what was given last, or of what was read just now: it comes before all that is kept already.</summary>
    public void Keep(ReadOnlySpan<byte> rest)
    {
        if (_buffer is not null)
        {
            // It still stands where it was given from.
            _start -= rest.Length;
        }
        else
        {
            Add(rest);
        }
    }

    /// <summary>Keeps bytes behind all that is kept already.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        int kept = _end - _start;
        byte[] larger = buffers.Rent(kept + bytes.Length);
        _buffer.AsSpan(_start, kept).CopyTo(larger);
        bytes.CopyTo(larger.AsSpan(kept));
        Release();
        (_buffer, _end) = (larger, kept + bytes.Length);
    }

    /// <summary>Copies out the first bytes of what is kept and answers their number.</summary>
    public int Give(Span<byte> destination)
    {
        int count = Math.Min(_end - _start, destination.Length);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    /// <summary>Nothing that was given comes back any more.</summary>
    public void ReleaseIfEmpty()
    {
        if (IsEmpty)
        {
            Release();
        }
    }

    /// <summary>The socket has ended.</summary>
    public void Drop()
    {
        socket.Loop.Timers.Clear(this);
        Release();
    }

    private void Release()
    {
        if (_buffer is { } buffer)
        {
            buffers.Return(buffer);
        }

        (_buffer, _start, _end) = (null, 0, 0);
    }
}
