using System.Text;
using FsCheck.Xunit;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>The readers of a pod's answer over changed answers: no exception but their own, nothing taken that is not there, no difference by the cutting.</summary>
public sealed class PodHeadFuzz
{
    private static readonly byte[] Special = [0, 9, 10, 13, 32, (byte)'0', (byte)'9', (byte)':', (byte)';', (byte)',', (byte)'-', 127, 128, 255];

    internal static readonly byte[][] Corpus =
    [
        .. new[]
        {
            "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n\u0081\u0002hi",
            "HTTP/1.1 101\nupgrade: WebSocket\nX-A: 1\nx-a: gr\u00fc\u00dfe\nX-Empty:\n\n",
            "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic\nContent-Length: 2\n\nno",
            "HTTP/1.1 403 Forbidden\nContent-Length: 2\nContent-Length: 2\n\nno",
            "HTTP/1.1 404 Not Found\nTransfer-Encoding: chunked\n\n5;x=y\nhello\n0\nT: x\n\n",
            "HTTP/1.1 404 Not Found\nTransfer-Encoding: gzip, chunked\n\n0\n\n",
            "HTTP/1.0 500 Oops\nServer: x\n\nto the end",
            "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 13\nContent-Length: 0\n\n",
            "HTTP/1.1 204 No Content\n\n",
            "HTTP/1.1 304 Not Modified\nContent-Length: 9\n\n",
            "HTTP/1.1 302 Found\nLocation: /x\nSet-Cookie: a=1\nset-cookie: b=2\nContent-Length: 0\n\n",
        }.Select(HeadCorpus.Bytes),
    ];

    [Fact]
    public async Task A_changed_answer_is_read_alike_in_every_cutting()
    {
        var random = new Random(Fuzz.Seed);
        var heads = 0;
        var cases = Fuzz.Cases(20_000);
        for (var i = cases; i > 0; i--)
        {
            heads += await CheckAsync(Changed(random), random.Next(1, 60)) ? 1 : 0;
        }

        Assert.InRange(heads, cases / 10, cases);
    }

    [Property(MaxTest = 500)]
    public void An_answer_with_one_byte_changed_is_read_alike_in_every_cutting(ushort which, ushort at, byte value, byte piece)
    {
        byte[] bytes = [.. Corpus[which % Corpus.Length]];
        bytes[at % bytes.Length] = value;
        CheckAsync(bytes, 1 + (piece % 64)).GetAwaiter().GetResult();
    }

    /// <summary>An answer of the corpus with a few bytes changed.</summary>
    internal static byte[] Changed(Random random) => Fuzz.Mutate(random, Corpus[random.Next(Corpus.Length)], Special);

    private static async Task<bool> CheckAsync(byte[] bytes, int piece)
    {
        try
        {
            var read = CheckHead(bytes, piece);
            var whole = await ExchangeAsync(bytes, int.MaxValue);
            Assert.Equal(whole, await ExchangeAsync(bytes, piece));
            return read;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"for the answer\n{HeadAgreement.Quote(bytes)}", error);
        }
    }

    private static bool CheckHead(byte[] bytes, int piece)
    {
        var error = ResponseHeadReader.TryRead(bytes, out var head, out var consumed);
        Assert.Equal(error == HeadError.None, head is not null);
        Assert.InRange(consumed, head is null ? 0 : 16, head is null ? 0 : bytes.Length);
        if (head is not null)
        {
            Assert.True(bytes.AsSpan(0, consumed).EndsWith("\r\n\r\n"u8));
            Assert.InRange(head.Status, 100, 999);
            Assert.True(!BodyFraming.TryRead(head, out var framing) || framing.Length >= 0);
        }

        for (var length = 0; length < bytes.Length; length += piece)
        {
            var early = ResponseHeadReader.TryRead(bytes.AsSpan(0, length), out var earlyHead, out var earlyConsumed);
            if (early != HeadError.Incomplete)
            {
                Assert.Equal((error, consumed, Text(head)), (early, earlyConsumed, Text(earlyHead)));
                break;
            }
        }

        return head is not null;
    }

    /// <summary>The whole exchange with a pod that sends these bytes in pieces and ends: what came of it, in words.</summary>
    private static async Task<string> ExchangeAsync(byte[] bytes, int piece)
    {
        await using var stream = new PodStream(bytes, piece);
        var pod = new PodConnection(null!, stream);
        try
        {
            var (head, body) = await PodHandshake.ExchangeAsync(pod, "/", new HeaderList(), CancellationToken.None);
            using var copy = new MemoryStream();
            var end = "whole";
            try
            {
                await body.CopyToAsync(copy, CancellationToken.None);
            }
            catch (PodBodyException error)
            {
                end = error.Message;

                // How much of a broken body was sent before the break depends on the cutting; the client is cut off either way.
                copy.SetLength(0);
            }

            // What came with the head of a 101 was kept, the rest is still on the connection; together they are always the same.
            byte[] frames = head.Status == 101 ? [.. pod.TakeEarly(), .. stream.Rest()] : [];
            return $"{Text(head)} {body.Framing} {Convert.ToHexString(frames)} {Convert.ToHexString(copy.ToArray())} {end}";
        }
        catch (PodProtocolException error)
        {
            return error.Message;
        }
    }

    private static string Text(ResponseHead? head)
    {
        var text = new StringBuilder($"{head?.Status}");
        foreach (var (name, value) in head?.Headers ?? new HeaderList())
        {
            text.Append('\n').Append(name).Append(": ").Append(value);
        }

        return text.ToString();
    }

    /// <summary>Takes the request and gives the answer in pieces.</summary>
    private sealed class PodStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public byte[] Rest() => ToArray()[(int)Position..];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
