using System.Buffers;

namespace WsIngress.Relay;

/// <summary>Where drivers take their buffers. They rent only while bytes move, and return each buffer exactly once.</summary>
public abstract class RelayBufferPool
{
    /// <summary>The process-wide array pool.</summary>
    public static RelayBufferPool Shared { get; } = new ArrayPoolBuffers();

    /// <summary>An array of at least <paramref name="length"/> bytes, with any content.</summary>
    public abstract byte[] Rent(int length);

    /// <summary>Takes an array back.</summary>
    public abstract void Return(byte[] buffer);

    private sealed class ArrayPoolBuffers : RelayBufferPool
    {
        public override byte[] Rent(int length)
        {
            return ArrayPool<byte>.Shared.Rent(length);
        }

        public override void Return(byte[] buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
