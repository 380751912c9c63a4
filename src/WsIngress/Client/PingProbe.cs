using System.Buffers.Binary;
using System.Security.Cryptography;

namespace WsIngress.Client;

/// <summary>
/// Measures one round trip with a Ping before the socket is handed to its WebSocket. What the server says meanwhile is kept and
/// read first from <see cref="Rest"/>.
/// </summary>
internal sealed class PingProbe(Stream stream, TimeProvider time)
{
    private const int MostKept = 64 * 1024;
    private const int NonceLength = 8;

    private readonly byte[] _kept = new byte[MostKept];
    private int _length;
    private Task<int>? _pending;

    /// <summary>The socket's bytes from here on, the Pong taken out.</summary>
    public Stream Rest => new PrefixedStream(stream, _kept.AsMemory(0, _length), _pending, _kept.AsMemory(_length));

    /// <summary>The round trip, or null when no Pong came in time or the server had too much to say first.</summary>
    public async Task<TimeSpan?> MeasureAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceLength);
        var start = time.GetTimestamp();
        await stream.WriteAsync(Ping(nonce), cancellation);
        await stream.FlushAsync(cancellation);
        while (_length < MostKept)
        {
            // The read is never cancelled: that would end the connection. It is left pending for whoever reads next.
            _pending = stream.ReadAsync(_kept.AsMemory(_length), CancellationToken.None).AsTask();
            var left = patience - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || await Task.WhenAny(_pending, Task.Delay(left, time, cancellation)) != _pending)
            {
                return null;
            }

            var read = await _pending;
            _pending = null;
            _length += read;
            if (TakePong(nonce))
            {
                return time.GetElapsedTime(start);
            }

            if (read == 0)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>FIN and opcode 9, mask bit and length, mask, masked payload (RFC 6455 section 5.2).</summary>
    private static byte[] Ping(ReadOnlySpan<byte> nonce)
    {
        var frame = new byte[6 + NonceLength];
        frame[0] = 0x89;
        frame[1] = 0x80 | NonceLength;
        RandomNumberGenerator.Fill(frame.AsSpan(2, 4));
        for (var i = 0; i < NonceLength; i++)
        {
            frame[6 + i] = (byte)(nonce[i] ^ frame[2 + (i % 4)]);
        }

        return frame;
    }

    private bool TakePong(ReadOnlySpan<byte> nonce)
    {
        var at = 0;
        while (TryFrame(_kept.AsSpan(at, _length - at), out var header, out var payload) && header + payload <= _length - at)
        {
            var end = at + header + (int)payload;
            if (_kept[at] == 0x8A && _kept.AsSpan(at + header, (int)payload).SequenceEqual(nonce))
            {
                _kept.AsSpan(end, _length - end).CopyTo(_kept.AsSpan(at));
                _length -= end - at;
                return true;
            }

            at = end;
        }

        return false;
    }

    /// <summary>Length of a server's frame; false while its header is not complete. A length over the kept bytes ends the search by itself.</summary>
    private static bool TryFrame(ReadOnlySpan<byte> bytes, out int header, out long payload)
    {
        header = 2;
        payload = bytes.Length < 2 ? 0 : bytes[1] & 0x7F;
        if (payload == 126)
        {
            header = 4;
            payload = bytes.Length < header ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        }
        else if (payload == 127)
        {
            header = 10;
            payload = bytes.Length < header ? 0 : (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]) & int.MaxValue);
        }

        return bytes.Length >= header;
    }
}
