using System.Buffers;

namespace WsIngress.Proxy.Http;

/// <summary>Bytes that are added at the end and taken from the front, in an array of the shared pool that is held only while there are any. For one thread.</summary>
internal sealed class RentedBuffer : IBufferWriter<byte>
{
    private const int FirstSize = 4096;

    private byte[] _array = [];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(_start, Length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(_start, Length);

    public void Advance(int count) => _end += count;

    /// <summary>All the free room there is, at least so many bytes.</summary>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _array.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _array.AsSpan(_end);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Forgets so many bytes at the front.</summary>
    public void Take(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Forgets all bytes and gives the array back.</summary>
    public void Release()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        (_array, _start, _end) = ([], 0, 0);
    }

    private void MakeRoom(int size)
    {
        if (_array.Length - _end >= size)
        {
            return;
        }

        if (_array.Length - Length >= size)
        {
            Span.CopyTo(_array);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstSize, Math.Max(_array.Length * 2, Length + size)));
            Span.CopyTo(larger);
            if (_array.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_array);
            }

            _array = larger;
        }

        (_start, _end) = (0, Length);
    }
}
