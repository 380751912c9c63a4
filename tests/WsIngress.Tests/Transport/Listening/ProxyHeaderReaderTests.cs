using System.Net.Sockets;
using System.Text;
using FsCheck.Xunit;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using Xunit;

namespace WsIngress.Tests.Transport.Listening;

/// <summary>The header is taken off the socket and not a byte more, however it comes.</summary>
public sealed class ProxyHeaderReaderTests
{
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void What_follows_the_header_stays_with_the_kernel(int piece)
    {
        byte[] sent = Encoding.ASCII.GetBytes(Header + "GET / HTTP/1.1\r\n");

        var (result, source, leftover, rest) = Read(sent, piece, reset: false);

        Assert.Equal(1, result);
        Assert.Equal("192.0.2.7:4711", source);
        Assert.Empty(leftover);
        Assert.Equal("GET / HTTP/1.1\r\n", Encoding.ASCII.GetString(rest));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void What_only_begins_as_a_header_is_given_back_whole(int piece)
    {
        var (result, source, leftover, rest) = Read("PRODUCE / HTTP/1.1\r\n"u8.ToArray(), piece, reset: false);

        Assert.Equal(1, result);
        Assert.Null(source);
        Assert.Equal("PRODUCE / HTTP/1.1\r\n", Encoding.ASCII.GetString([.. leftover, .. rest]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_peer_that_leaves_inside_its_header_has_failed(bool reset)
    {
        var (result, _, _, _) = Read(Encoding.ASCII.GetBytes(Header[..20]), 20, reset, ends: true);

        Assert.Equal(IoResult.Failed, result);
    }

    [Fact]
    public void A_header_without_end_is_refused_within_its_bound()
    {
        byte[] endless = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0xff, 0xff, .. new byte[8000]];

        Assert.Equal(IoResult.Failed, Read(endless, 500, reset: false).Result);
    }

    [Property(MaxTest = 300)]
    public void Any_bytes_are_read_as_the_header_that_they_are_in_memory(byte[] bytes, byte kind, byte piece)
    {
        byte[] sent = [.. (kind % 4) switch { 0 => Header.Select(c => (byte)c), 1 => [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a], 2 => "PROXY "u8.ToArray(), _ => [] }, .. bytes];
        var status = sent.Length == 0 ? ProxyProtocolStatus.Incomplete : ProxyProtocolHeader.TryRead(sent, out _, out _);
        _ = ProxyProtocolHeader.TryRead(sent, out var expected, out int consumed);

        var (result, source, leftover, rest) = Read(sent, 1 + (piece % 40), reset: false);

        Assert.Equal(
            status switch
            {
                ProxyProtocolStatus.Incomplete => IoResult.WantRead,
                ProxyProtocolStatus.Malformed => IoResult.Failed,
                _ => 1,
            },
            result);
        if (result == 1)
        {
            Assert.Equal(expected?.ToString(), source);
            byte[] given = [.. leftover, .. rest];
            Assert.Equal(sent[consumed..], given);
        }
    }

    /// <summary>Sends the bytes in pieces, has the reader look after each, and tells what is left for others when it is done.</summary>
    private static unsafe (int Result, string? Source, byte[] Leftover, byte[] Behind) Read(byte[] sent, int piece, bool reset, bool ends = false)
    {
        var (far, near) = SocketPair.Open();
        try
        {
            var reader = new ProxyHeaderReader();
            int result = IoResult.WantRead;
            int at = 0;
            while (at < sent.Length && result == IoResult.WantRead)
            {
                int count = Math.Min(piece, sent.Length - at);
                far.Send(sent, at, count, SocketFlags.None);
                at += count;
                result = reader.Read(near);
            }

            far.Send(sent, at, sent.Length - at, SocketFlags.None);
            if (ends)
            {
                if (reset)
                {
                    far.Reset();
                }
                else
                {
                    far.Shutdown(SocketShutdown.Send);
                }

                result = reader.Read(near);
            }

            byte[] rest = new byte[64 * 1024];
            int left;
            fixed (byte* into = rest)
            {
                left = (int)Math.Max(0, LibC.Recv(near, into, rest.Length));
            }

            return (result, reader.Source?.ToString(), reader.Leftover, rest[..left]);
        }
        finally
        {
            far.Dispose();
            _ = LibC.Close(near);
        }
    }
}
