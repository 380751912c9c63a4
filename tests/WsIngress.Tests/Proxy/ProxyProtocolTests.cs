using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using FsCheck.Xunit;
using WsIngress.Routing;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Proxy;

public sealed class ProxyProtocolTests
{
    private static readonly byte[] Signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

    public static TheoryData<string, byte[], string?> Valid => new()
    {
        { "v1 IPv4", V1("PROXY TCP4 9.9.9.9 10.0.0.1 5000 443"), "9.9.9.9:5000" },
        { "v1 IPv6", V1("PROXY TCP6 2001:db8::1 ::1 65535 443"), "[2001:db8::1]:65535" },
        { "v1 UNKNOWN", V1("PROXY UNKNOWN"), null },
        { "v1 UNKNOWN with rest", V1("PROXY UNKNOWN ffff::1 ::1 1 2"), null },
        { "v2 IPv4", V2(0x21, 0x11, [9, 9, 9, 9, 10, 0, 0, 1, 0x13, 0x88, 1, 0xbb]), "9.9.9.9:5000" },
        { "v2 IPv4 with TLVs", V2(0x21, 0x11, [9, 9, 9, 9, 10, 0, 0, 1, 0x13, 0x88, 1, 0xbb, 1, 0, 2, (byte)'h', (byte)'2', .. new byte[300]]), "9.9.9.9:5000" },
        { "v2 IPv6", V2(0x21, 0x21, [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. new byte[16], 0x13, 0x88, 1, 0xbb]), "[2001:db8::1]:5000" },
        { "v2 LOCAL", V2(0x20, 0, []), null },
        { "v2 LOCAL with address", V2(0x20, 0x11, [9, 9, 9, 9, 10, 0, 0, 1, 0x13, 0x88, 1, 0xbb]), null },
        { "v2 unspecified", V2(0x21, 0, [1, 2, 3]), null },
        { "v2 Unix", V2(0x21, 0x31, new byte[216]), null },
    };

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "v1 wrong family", V1("PROXY TCP4 ::1 ::1 1 2") },
        { "v1 no port", V1("PROXY TCP4 9.9.9.9 10.0.0.1 5000") },
        { "v1 port above 65535", V1("PROXY TCP4 9.9.9.9 10.0.0.1 65536 1") },
        { "v1 signed port", V1("PROXY TCP4 9.9.9.9 10.0.0.1 +1 1") },
        { "v1 two spaces", V1("PROXY  TCP4 9.9.9.9 10.0.0.1 1 1") },
        { "v1 lower case", V1("PROXY tcp4 9.9.9.9 10.0.0.1 1 1") },
        { "v1 short address", V1("PROXY TCP4 9 10.0.0.1 1 1") },
        { "v1 octal address", V1("PROXY TCP4 011.9.9.9 10.0.0.1 1 1") },
        { "v1 too long", Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200) + "\r\n") },
        { "v1 without end", Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200)) },
        { "v2 version 1", V2(0x11, 0x11, new byte[12]) },
        { "v2 command 2", V2(0x22, 0x11, new byte[12]) },
        { "v2 address too short", V2(0x21, 0x11, new byte[11]) },
        { "v2 IPv6 too short", V2(0x21, 0x21, new byte[35]) },
        { "v2 family 4", V2(0x21, 0x41, new byte[36]) },
        { "v2 too long", V2(0x21, 0x11, new byte[5000]) },
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_header_is_read_whole_and_not_one_byte_more_however_it_is_cut(string name, byte[] header, string? source)
    {
        byte[] all = [.. header, .. "GET / HTTP/1.1"u8];
        for (var length = 0; length < header.Length; length++)
        {
            Assert.True(ProxyProtocolHeader.TryRead(all.AsSpan(0, length), out _, out _) == ProxyProtocolStatus.Incomplete, $"{name}: {length} bytes");
        }

        for (var cut = 0; cut < all.Length; cut++)
        {
            var status = ProxyProtocolHeader.TryRead(Cut(all, cut), out var endPoint, out var consumed);
            Assert.Equal(ProxyProtocolStatus.Complete, status);
            Assert.Equal(source, endPoint?.ToString());
            Assert.Equal(header.Length, consumed);
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_header_is_told_from_an_unfinished_one(string name, byte[] header)
    {
        Assert.True(ProxyProtocolHeader.TryRead(header, out var source, out _) == ProxyProtocolStatus.Malformed, name);
        Assert.Null(source);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    [InlineData("POST / HTTP/1.1\r\n")]
    [InlineData("\r\nGET /")]
    public void What_does_not_begin_with_a_header_is_left_alone(string bytes)
    {
        Assert.Equal(ProxyProtocolStatus.Absent, ProxyProtocolHeader.TryRead(Encoding.ASCII.GetBytes(bytes), out _, out _));
    }

    [Property(MaxTest = 500)]
    public void Random_bytes_behind_a_signature_never_throw_and_are_never_taken_beyond_their_end(byte[] bytes, bool second)
    {
        byte[] all = second ? [.. Signature, .. bytes] : [.. "PROXY "u8, .. bytes];

        var status = ProxyProtocolHeader.TryRead(all, out _, out var consumed);

        Assert.NotEqual(ProxyProtocolStatus.Absent, status);
        Assert.InRange(consumed, 0, status == ProxyProtocolStatus.Complete ? all.Length : int.MaxValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_trusted_load_balancer_names_the_client_before_tls_and_before_cleartext(bool tls)
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { ProxyProtocolPeers = HeaderTests.Networks("127.0.0.0/8") });
        foreach (var (_, header, source) in Valid.Select(r => r.Data))
        {
            var answer = await AskAsync(proxy, header, tls);
            Assert.Contains($"X-Seen-X-Real-IP: {(source is null ? "127.0.0.1" : IPEndPoint.Parse(source).Address)}\r\n", answer, StringComparison.OrdinalIgnoreCase);
        }

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(proxy, [], tls), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_behind_the_load_balancer_is_the_one_that_address_rules_see()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, new RoutePolicy { DenyCidrs = HeaderTests.Networks("9.9.9.9/32") }, configure: o => o with { ProxyProtocolPeers = HeaderTests.Networks("127.0.0.0/8") });

        Assert.StartsWith("HTTP/1.1 403", await AskAsync(proxy, V1("PROXY TCP4 9.9.9.9 10.0.0.1 5000 443"), false), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(proxy, V1("PROXY TCP4 9.9.9.8 10.0.0.1 5000 443"), false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_from_a_peer_that_is_not_trusted_is_no_request()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { ProxyProtocolPeers = HeaderTests.Networks("10.0.0.0/8") });

        Assert.StartsWith("HTTP/1.1 400", await AskAsync(proxy, V1("PROXY TCP4 9.9.9.9 10.0.0.1 5000 443"), false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_header_ends_the_connection_without_an_answer()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { ProxyProtocolPeers = HeaderTests.Networks("127.0.0.0/8") });

        Assert.Equal("", await AskAsync(proxy, V1("PROXY TCP4 nobody 10.0.0.1 5000 443"), false));
        Assert.Empty(proxy.Telemetry.Http);
    }

    private static async Task<string> AskAsync(TestProxy proxy, byte[] header, bool tls)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, tls ? proxy.HttpsPort : proxy.HttpPort);

        // Byte by byte: the header may arrive in any pieces.
        foreach (var b in header)
        {
            await socket.SendAsync(new[] { b });
        }

        await using Stream stream = tls ? new SslStream(new NetworkStream(socket), false, (_, _, _, _) => true) : new NetworkStream(socket);
        if (stream is SslStream secure)
        {
            await secure.AuthenticateAsClientAsync("localhost");
        }

        using var reader = new StreamReader(stream);
        try
        {
            // An end of the connection may be there before the request is.
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
            return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static ReadOnlySequence<byte> Cut(byte[] bytes, int at)
    {
        var first = new Segment(bytes.AsMemory(0, at), null);
        var last = new Segment(bytes.AsMemory(at), first);
        return new ReadOnlySequence<byte>(first, 0, last, bytes.Length - at);
    }

    private static byte[] V1(string line) => Encoding.ASCII.GetBytes(line + "\r\n");

    private static byte[] V2(byte command, byte family, byte[] body) => [.. Signature, command, family, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                previous.Next = this;
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
            }
        }
    }
}
