using System.Security.Cryptography;

namespace WsIngress.Transport.Tls;

/// <summary>
/// The keys that session tickets are sealed with (RFC 5077 §4): the newest seals, that and the two before it open. They are made here and never
/// leave the process; whoever took one could read what was recorded under it, so none lives longer than three periods. For any thread.
/// </summary>
internal sealed class TicketKeys
{
    private const int Kept = 3;

    private readonly TimeProvider _time;
    private readonly TimeSpan _period;
    private readonly Lock _gate = new();
    private volatile Ring _ring;

    /// <param name="time">The clock of the rotation.</param>
    /// <param name="period">How long a key seals; null is 8 hours, so that a ticket opens for 16 to 24 hours.</param>
    public TicketKeys(TimeProvider time, TimeSpan? period = null)
    {
        _time = time;
        _period = period ?? TimeSpan.FromHours(8);
        _ring = new([new TicketKey()], time.GetTimestamp(), []);
    }

    /// <summary>The key to seal with. Rotates when it is time: no timer is needed while nobody seals.</summary>
    public TicketKey Newest()
    {
        var ring = _ring;
        return _time.GetElapsedTime(ring.Since) < _period ? ring.Keys[0] : Rotate();
    }

    /// <summary>The key with that name, and whether a newer one seals already; null when it is unknown or too old.</summary>
    public (TicketKey? Key, bool Renew) Find(ReadOnlySpan<byte> name)
    {
        var newest = Newest();
        foreach (var key in _ring.Keys)
        {
            if (key.Name.SequenceEqual(name))
            {
                return (key, key != newest);
            }
        }

        return (null, true);
    }

    private TicketKey Rotate()
    {
        lock (_gate)
        {
            var ring = _ring;
            var turns = (int)Math.Min(Kept, _time.GetElapsedTime(ring.Since) / _period);
            if (turns == 0)
            {
                return ring.Keys[0];
            }

            // What fell out at the turn before has no reader any more: it is wiped now, and not while one may still seal with it.
            Array.ForEach(ring.Dropped, static key => key.Wipe());

            // A pause of several periods turns as often: no key outlives its time for want of clients.
            TicketKey[] keys = [new TicketKey(), .. ring.Keys.Take(Kept - turns)];
            _ring = new(keys, _time.GetTimestamp(), [.. ring.Keys.Skip(Kept - turns)]);
            return keys[0];
        }
    }

    private sealed record Ring(TicketKey[] Keys, long Since, TicketKey[] Dropped);
}

/// <summary>One key: a name that stands in the ticket, a cipher key and a key for its seal.</summary>
internal sealed class TicketKey
{
    public const int NameLength = 16;
    public const int SecretLength = 32;

    private readonly byte[] _name = RandomNumberGenerator.GetBytes(NameLength);
    private readonly byte[] _secrets = GC.AllocateUninitializedArray<byte>(2 * SecretLength, pinned: true);

    public TicketKey()
    {
        RandomNumberGenerator.Fill(_secrets);
    }

    public ReadOnlySpan<byte> Name => _name;

    /// <summary>AES-256.</summary>
    public ReadOnlySpan<byte> CipherKey => _secrets.AsSpan(0, SecretLength);

    /// <summary>HMAC-SHA-256.</summary>
    public ReadOnlySpan<byte> SealKey => _secrets.AsSpan(SecretLength);

    public void Wipe() => CryptographicOperations.ZeroMemory(_secrets);
}
