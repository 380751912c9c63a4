using WsIngress.Relay;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Relaying;

/// <summary>What was read of a side that sent faster than it may, until its pause is over; at most one read buffer.</summary>
internal sealed class PausedBytes(RelaySocket socket, RelayBufferPool buffers) : LoopTimer
{
    private byte[]? _buffer;
    private int _count;

    public override void OnDue() => socket.EndPauseInTime(this);

    public void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        _buffer = buffers.Rent(bytes.Length);
        _count = bytes.Length;
        bytes.CopyTo(_buffer);
    }

    /// <summary>Copies out what was kept, lets it go, and answers its length.</summary>
    public int Give(Span<byte> destination)
    {
        int count = _count;
        _buffer.AsSpan(0, count).CopyTo(destination);
        Release();
        return count;
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

        (_buffer, _count) = (null, 0);
    }
}
