using System.Buffers;
using WsIngress.Transport.Native;

namespace WsIngress.Bench.Pods;

/// <summary>What a connection of the pod sends: at once as far as the peer takes it, the rest when it takes more.</summary>
internal sealed unsafe class PodOutput(int descriptor)
{
    private const int Most = 32 << 20;

    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public bool HasPending => _end > _start;

    /// <summary>The connection is of no use any more.</summary>
    public bool Failed { get; private set; }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[(HasPending ? 0 : SendNow(bytes))..];
        if (bytes.Length == 0 || Failed)
        {
            return;
        }

        if (_end + bytes.Length > Most)
        {
            Failed = true;
            return;
        }

        if (_end + bytes.Length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_end + bytes.Length);
            _bytes.AsSpan(0, _end).CopyTo(larger);
            Release();
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Bytes that the kernel took.</summary>
    public int SendNow(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            var count = LibC.Send(descriptor, at, bytes.Length);
            Failed |= count < 0 && LibC.LastError != Errno.EAGAIN;
            return (int)Math.Max(0, count);
        }
    }

    public void Flush()
    {
        if (!HasPending)
        {
            return;
        }

        _start += SendNow(_bytes.AsSpan(_start.._end));
        if (!HasPending)
        {
            (_start, _end) = (0, 0);
            Release();
        }
    }

    public void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
