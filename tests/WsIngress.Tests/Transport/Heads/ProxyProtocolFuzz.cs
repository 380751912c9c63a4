using System.Buffers;
using System.Net;
using FsCheck.Xunit;
using WsIngress.Tests.Proxy;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>The PROXY header's reader over changed headers: no exception, nothing taken that is not there, no difference by the cutting.</summary>
public sealed class ProxyProtocolFuzz
{
    private static readonly byte[] Special = [0, 0x0a, 0x0d, 0x11, 0x20, 0x21, (byte)'0', (byte)'9', (byte)'.', (byte)':', (byte)'P', 0x51, 0xff];

    private static readonly byte[][] Corpus = [.. ProxyProtocolTests.Valid.Select(r => r.Data.Item2), .. ProxyProtocolTests.Malformed.Select(r => r.Data.Item2), [.. "GET / HTTP/1.1\r\n\r\n"u8]];

    [Fact]
    public void A_changed_header_is_read_alike_in_every_cutting()
    {
        var random = new Random(Fuzz.Seed);
        var found = new Dictionary<ProxyProtocolStatus, int>();
        for (var i = Fuzz.Cases(20_000); i > 0; i--)
        {
            byte[] bytes = [.. Fuzz.Mutate(random, Corpus[random.Next(Corpus.Length)], Special), .. "GET "u8];
            var status = Check(bytes, random.Next(1, 40));
            found[status] = found.GetValueOrDefault(status) + 1;
        }

        Assert.All(Enum.GetValues<ProxyProtocolStatus>(), s => Assert.InRange(found.GetValueOrDefault(s), 100, int.MaxValue));
    }

    [Property(MaxTest = 500)]
    public void A_header_with_one_byte_changed_is_read_alike_in_every_cutting(ushort which, ushort at, byte value, byte piece)
    {
        byte[] bytes = [.. Corpus[which % Corpus.Length]];
        bytes[at % bytes.Length] = value;
        Check(bytes, 1 + (piece % 64));
    }

    private static ProxyProtocolStatus Check(byte[] bytes, int piece)
    {
        var status = ProxyProtocolHeader.TryRead(bytes, out var source, out var consumed);
        Assert.InRange(consumed, 0, bytes.Length);
        Assert.True(status == ProxyProtocolStatus.Complete ? consumed > 0 : consumed == 0 && source is null);

        // As it arrives: the first answer that is not 'more' is the answer.
        for (var length = 0; length < bytes.Length + piece; length += piece)
        {
            var early = ProxyProtocolHeader.TryRead(bytes.AsSpan(0, Math.Min(length, bytes.Length)), out var earlySource, out var earlyConsumed);
            if (early != ProxyProtocolStatus.Incomplete || length >= bytes.Length)
            {
                Assert.Equal((status, source, consumed), (early, earlySource, earlyConsumed));
                break;
            }
        }

        // In pieces of memory, with more behind it.
        var sequence = Pieces.Of([.. bytes, .. status == ProxyProtocolStatus.Incomplete ? [] : new byte[100]], piece);
        var other = ProxyProtocolHeader.TryRead(sequence, out IPEndPoint? otherSource, out var otherConsumed);
        Assert.Equal((status, source, consumed), (other, otherSource, otherConsumed));
        return status;
    }

    private sealed class Pieces : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Of(byte[] bytes, int size)
        {
            var first = new Pieces { Memory = bytes.AsMemory(0, Math.Min(size, bytes.Length)) };
            var last = first;
            for (var at = first.Memory.Length; at < bytes.Length; at += size)
            {
                var next = new Pieces { Memory = bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), RunningIndex = at };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
