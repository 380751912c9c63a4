using WsIngress.Relay;

namespace WsIngress.Tests.Relay.Support;

/// <summary>Proves that each rented buffer comes back once, and never after.</summary>
internal sealed class CountingPool : RelayBufferPool
{
    private readonly HashSet<byte[]> _out = [];

    public int Rents { get; private set; }

    /// <summary>The most bytes that were out at a time.</summary>
    public long MostBytes { get; private set; }

    public int WrongReturns { get; private set; }

    public int Outstanding
    {
        get
        {
            lock (_out)
            {
                return _out.Count;
            }
        }
    }

    public override byte[] Rent(int length)
    {
        lock (_out)
        {
            Rents++;
            byte[] buffer = new byte[length];
            _out.Add(buffer);
            MostBytes = Math.Max(MostBytes, _out.Sum(rented => (long)rented.Length));
            return buffer;
        }
    }

    public override void Return(byte[] buffer)
    {
        lock (_out)
        {
            // Whoever still reads it now reads rubbish.
            buffer.AsSpan().Fill(0xEE);
            if (!_out.Remove(buffer))
            {
                WrongReturns++;
            }
        }
    }
}
