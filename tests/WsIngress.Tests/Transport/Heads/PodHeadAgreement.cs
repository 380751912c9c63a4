using System.Text;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>A second reader of HTTP/1.1 answers, HttpClient's, beside the one that handshakes use: what both take, they take as the same.</summary>
public sealed class PodHeadAgreement(ITestOutputHelper output)
{
    [Fact]
    public async Task What_both_readers_take_is_the_same()
    {
        var both = 0;
        var cases = Fuzz.Cases(4_000);
        var random = new Random(Fuzz.Seed);
        for (var i = 0; i < cases; i++)
        {
            var bytes = i < PodHeadFuzz.Corpus.Length ? PodHeadFuzz.Corpus[i] : PodHeadFuzz.Changed(random);
            if (await OursAsync(bytes) is { } ours && await ByHttpClientAsync(bytes) is { } other)
            {
                both++;
                Assert.True(other == ours, $"for the answer\n{HeadAgreement.Quote(bytes)}\nHttpClient: {other}\nours: {ours}");
            }
        }

        output.WriteLine($"{cases} answers, {both} taken by both");
        Assert.InRange(both, cases / 8, cases);
    }

    /// <summary>What came of the exchange in words, or null when the answer or its body was refused.</summary>
    private static async Task<string?> OursAsync(byte[] bytes)
    {
        await using var stream = new PodStream(bytes);
        var pod = new PodConnection(null!, stream);
        try
        {
            var (head, body) = await PodHandshake.ExchangeAsync(pod, "/", new HeaderList(), CancellationToken.None);
            using var copy = new MemoryStream();
            await body.CopyToAsync(copy, CancellationToken.None);
            byte[] rest = head.Status == 101 ? [.. pod.TakeEarly(), .. stream.Rest()] : copy.ToArray();

            // HttpClient reads a body behind 205, where RFC 9110 §15.3.6 has none.
            return head.Status == 205 ? null : Text(head.Status, head.Headers, rest);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<string?> ByHttpClientAsync(byte[] bytes)
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new PodStream(bytes)),
        });
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://pod/");
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            using var answer = await invoker.SendAsync(request, CancellationToken.None);
            var headers = new HeaderList();
            foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
            {
                foreach (var value in values)
                {
                    headers.Add(name, value);
                }
            }

            await using var body = await answer.Content.ReadAsStreamAsync();
            using var copy = new MemoryStream();
            await body.CopyToAsync(copy);
            return Text((int)answer.StatusCode, headers, copy.ToArray());
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// HttpClient splits some lists at their commas and joins others, and writes a length anew: of each name all letters of its values, without
    /// the space and commas between; what a length comes to is seen by the body.
    /// </summary>
    private static string Text(int status, HeaderList headers, byte[] body)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            var key = name.ToLowerInvariant();
            values[key] = key == "content-length" ? "" : values.GetValueOrDefault(key) + value.Replace(",", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal);
        }

        return $"{status}\n{string.Join('\n', values)}\n{Convert.ToHexString(body)}";
    }

    private sealed class PodStream(byte[] bytes) : MemoryStream(bytes)
    {
        public byte[] Rest() => ToArray()[(int)Position..];

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
