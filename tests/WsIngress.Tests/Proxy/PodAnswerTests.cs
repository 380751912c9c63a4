using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using WsIngress.Proxy.Http;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The readers of what pods and clients send, fed with any cutting and with noise.</summary>
public sealed class PodAnswerTests
{
    private const string Head = "HTTP/1.1 401 Not today\r\nSet-Cookie: a=1\r\nset-cookie:b=2 \r\nX-Empty:\r\nX-Latin: gr\u00fc\u00dfe\r\n\r\n";

    [Fact]
    public void A_head_is_read_when_it_is_whole_and_not_before()
    {
        var bytes = Encoding.Latin1.GetBytes(Head + "body");
        for (var length = 0; length < Head.Length; length++)
        {
            Assert.Equal(HeadError.Incomplete, ResponseHeadReader.TryRead(bytes.AsSpan(0, length), out _, out _));
        }

        for (var length = Head.Length; length <= bytes.Length; length++)
        {
            Assert.Equal(HeadError.None, ResponseHeadReader.TryRead(bytes.AsSpan(0, length), out var head, out var consumed));
            Assert.Equal(Head.Length, consumed);
            Assert.Equal(401, head!.Status);
            Assert.Equal("a=1, b=2", head.Headers.Joined("Set-Cookie"));
            Assert.Equal("", head.Headers.Get("X-Empty"));
            Assert.Equal("gr\u00fc\u00dfe", head.Headers.Get("x-latin"));
        }
    }

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 O\u0001K\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA B: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n A: x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: x\ny\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: x\ry\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: x\0y\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: x\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    public void A_head_that_readers_could_differ_on_is_an_error(string head)
    {
        var error = ResponseHeadReader.TryRead(Encoding.Latin1.GetBytes(head), out var read, out var consumed);

        Assert.Contains(error, new[] { HeadError.StatusLine, HeadError.HeaderLine });
        Assert.Null(read);
        Assert.Equal(0, consumed);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\nA: x\nB:y\n\nbody")]
    [InlineData("HTTP/1.1 200 OK\r\nA: x\nB:y\r\n\nbody")]
    [InlineData("HTTP/1.1 200 OK\r\nA : x\r\nB\t:\ty \r\n\r\nbody")]
    [InlineData("HTTP/1.1 200 OK\r\nA:\r\n x\r\nB: y\r\n\r\nbody\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: x\nB: y\n\nbody\r\n\r\n")]
    public void A_loose_head_is_read_as_it_is_meant_where_it_is_written_anew(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var length = text.IndexOf("body", StringComparison.Ordinal);
        for (var cut = 0; cut < length; cut++)
        {
            Assert.Equal(HeadError.Incomplete, ResponseHeadReader.TryReadLenient(bytes.AsSpan(0, cut), out _, out _));
        }

        Assert.Equal(HeadError.None, ResponseHeadReader.TryReadLenient(bytes, out var head, out var consumed));
        Assert.Equal((length, "x", "y", 2), (consumed, head!.Headers.Get("A"), head.Headers.Get("B"), head.Headers.Count));
    }

    [Property(MaxTest = 1000)]
    public void Noise_in_a_head_never_throws_and_never_takes_more_than_there_is(byte[] noise, ushort at)
    {
        var bytes = Encoding.Latin1.GetBytes(Head);
        for (var i = 0; i < noise.Length && i < 4; i++)
        {
            bytes[(at + (i * 7)) % bytes.Length] = noise[i];
        }

        var strict = ResponseHeadReader.TryRead(bytes, out var head, out var consumed);
        AssertSound(strict, head, consumed, bytes.Length);
        var loose = ResponseHeadReader.TryReadLenient(bytes, out var other, out var also);
        AssertSound(loose, other, also, bytes.Length);
        if (strict == HeadError.None)
        {
            Assert.Equal((loose, also, other!.Status), (strict, consumed, head!.Status));
        }
    }

    private static void AssertSound(HeadError error, ResponseHead? head, int consumed, int length)
    {
        Assert.Equal(error == HeadError.None, head is not null);
        Assert.InRange(consumed, 0, length);
        if (head is not null)
        {
            foreach (var field in head.Headers)
            {
                Assert.True(HttpSyntax.IsFieldValue(field.Value));
                Assert.All(field.Name, c => Assert.True(HttpSyntax.IsTokenCharacter(c)));
            }
        }
    }

    [Property(MaxTest = 200)]
    public Property A_body_is_the_same_however_its_bytes_are_cut() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[][]>(),
        ArbMap.Default.ArbFor<byte[]>(),
        (parts, cuts) =>
        {
            var chunks = (parts ?? []).Where(p => p is { Length: > 0 }).ToArray();
            byte[] body = [.. chunks.SelectMany(c => c)];
            byte[] chunked = [.. chunks.SelectMany(c => (byte[])[.. Encoding.ASCII.GetBytes($"{c.Length:x};e=1\r\n"), .. c, 13, 10]), .. "0\r\nT: x\r\n\r\n"u8];
            return Copy(chunked, new(BodyEnd.Chunks, 0), cuts).AsSpan().SequenceEqual(body)
                && Copy(body, new(BodyEnd.Length, body.Length), cuts).AsSpan().SequenceEqual(body)
                && Copy(body, new(BodyEnd.Close, 0), cuts).AsSpan().SequenceEqual(body)
                && Copy(body, new(BodyEnd.None, 0), cuts).Length == 0;
        });

    [Property(MaxTest = 1000)]
    public void A_body_of_noise_throws_nothing_but_its_own_exception(byte[] noise)
    {
        var error = Record.Exception(() => Copy(noise, new(BodyEnd.Chunks, 0), [3]));

        Assert.True(error is null or PodBodyException, $"{error}");
    }

    [Property(MaxTest = 1000)]
    public void A_reader_of_chunks_that_takes_lf_alone_takes_what_the_strict_one_takes_as_the_same(byte[] noise, bool isWhole)
    {
        byte[] bytes = isWhole ? [.. Encoding.ASCII.GetBytes($"{noise.Length:x}\r\n"), .. noise, .. noise.Length == 0 ? "\r\n"u8 : "\r\n0\r\n\r\n"u8] : noise;
        var (strict, strictError) = Read(new ChunkReader(isLenient: false), bytes);
        var (loose, looseError) = Read(new ChunkReader(isLenient: true), bytes);

        Assert.True(strictError is null or PodBodyException && looseError is null or PodBodyException, $"{strictError} {looseError}");
        if (strictError is null)
        {
            Assert.Null(looseError);
            Assert.Equal(strict, loose);
            Assert.True(!isWhole || strict.AsSpan().SequenceEqual(noise));
        }
    }

    private static (byte[] Body, Exception? Error) Read(ChunkReader chunks, byte[] bytes)
    {
        var body = new List<byte>();
        var error = Record.Exception(() =>
        {
            for (var at = 0; !chunks.IsDone;)
            {
                var used = chunks.Read(bytes.AsSpan(at), out var data);
                body.AddRange(data);
                at += used;
                if (used == 0)
                {
                    break;
                }
            }
        });
        return ([.. body], error);
    }

    [Theory]
    [InlineData("5\r\nab")]
    [InlineData("2\r\nabc\r\n0\r\n\r\n")]
    [InlineData("2\nab\r\n0\r\n\r\n")]
    [InlineData("-2\r\nab\r\n0\r\n\r\n")]
    [InlineData("0x2\r\nab\r\n0\r\n\r\n")]
    [InlineData("\r\nab\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\nab\r\n0\r\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\n")]
    [InlineData("2\r\nab\r\n")]
    public void A_body_with_bad_chunks_is_an_error(string body)
    {
        Assert.Throws<PodBodyException>(() => Copy(Encoding.ASCII.GetBytes(body), new(BodyEnd.Chunks, 0), []));
    }

    [Fact]
    public void Chunk_lines_and_trailers_have_bounds()
    {
        Assert.Throws<PodBodyException>(() => Copy(Encoding.ASCII.GetBytes("1;" + new string('x', 9000) + "\r\na\r\n0\r\n\r\n"), new(BodyEnd.Chunks, 0), []));
        Assert.Throws<PodBodyException>(() => Copy(Encoding.ASCII.GetBytes("1;" + new string('x', 9000)), new(BodyEnd.Chunks, 0), []));
        Assert.Throws<PodBodyException>(() => Copy(Encoding.ASCII.GetBytes("0\r\n" + string.Concat(Enumerable.Repeat("T: x\r\n", 20_000)) + "\r\n"), new(BodyEnd.Chunks, 0), []));
    }

    [Property(MaxTest = 1000)]
    public void Any_request_target_is_refused_or_split_into_a_safe_path(string text)
    {
        var refusal = RequestTarget.TryParse(text ?? "", out var target);
        if (refusal != PathRefusal.None)
        {
            return;
        }

        Assert.StartsWith("/", target.PathAndQuery, StringComparison.Ordinal);
        Assert.StartsWith("/", target.NormalPath, StringComparison.Ordinal);
        Assert.True(HttpSyntax.IsVisibleAscii(target.PathAndQuery));
        Assert.DoesNotContain("/../", target.NormalPath, StringComparison.Ordinal);
        Assert.DoesNotContain("//", target.NormalPath, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a?b=c", "/a?b=c", "/a", "b=c")]
    [InlineData("http://host/a?b", "/a?b", "/a", "b")]
    [InlineData("http://host", "/", "/", "")]
    [InlineData("http://host?x=1", "/?x=1", "/", "x=1")]
    [InlineData("/a%2Fb#frag", "/a%2Fb", "/a/b", "")]
    [InlineData("/a?x=http://b/../c", "/a?x=http://b/../c", "/a", "x=http://b/../c")]
    [InlineData("/?", "/?", "/", "")]
    public void A_request_target_keeps_what_was_sent_beside_what_is_matched(string raw, string sent, string path, string query)
    {
        Assert.Equal(PathRefusal.None, RequestTarget.TryParse(raw, out var target));
        Assert.Equal((sent, path, query), (target.PathAndQuery, target.NormalPath, target.Query.ToString()));
    }

    private static byte[] Copy(byte[] bytes, BodyFraming framing, byte[]? cuts)
    {
        var buffer = new byte[64];
        var early = Math.Min(bytes.Length, (cuts is { Length: > 0 } ? cuts[0] : 0) % 40);
        bytes.AsSpan(0, early).CopyTo(buffer.AsSpan(5));
        using var pod = new Pieces(bytes[early..], cuts ?? []);
        using var client = new MemoryStream();
        new PodBody(pod, buffer, 5, early, framing).CopyToAsync(client, CancellationToken.None).GetAwaiter().GetResult();
        return client.ToArray();
    }

    /// <summary>Gives its bytes in pieces of the lengths asked for, over and over.</summary>
    private sealed class Pieces(byte[] bytes, byte[] cuts) : MemoryStream(bytes)
    {
        private int _next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = cuts.Length == 0 ? 1 : 1 + (cuts[_next++ % cuts.Length] % 30);
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, length)], cancellationToken);
        }
    }
}
