using System.Text;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Listening;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>The law between the two readers of request heads: what the transport takes, Kestrel would have taken, and as the same.</summary>
internal static class HeadAgreement
{
    /// <summary>Reads the bytes in both ways and holds them against each other.</summary>
    public static async Task<HeadKind> CheckAsync(KestrelHeads kestrel, RequestHeadReader reader, byte[] bytes, int segment = 0)
    {
        byte[] before = [.. bytes];
        var kind = reader.Read(bytes, out var head, out var consumed);
        var verdict = await kestrel.AskAsync([.. bytes], segment);
        Assert.Equal(before, bytes);
        Assert.Equal(kind is HeadKind.Upgrade or HeadKind.Plain, head is not null);
        switch (kind)
        {
            case HeadKind.Upgrade:
                Assert.True(verdict.TookUpgrade, $"Kestrel answered: {verdict.Answer}");
                Assert.Equal("GET", verdict.Method);
                AssertSame(verdict.Request!, TransportHandshake.Read(head!, KestrelHeads.Peer, isTls: false));
                Assert.Equal(bytes[consumed..], verdict.Rest);
                break;
            case HeadKind.Plain:
                Assert.True(verdict is { WasGiven: true, Kind: null }, $"Kestrel answered: {verdict.Answer}");
                Assert.Equal(head!.Method, verdict.Method);
                Assert.False(verdict.CanHaveBody, "Kestrel waits for a body");
                Assert.StartsWith("HTTP/1.1 200 OK\r\n", verdict.Answer, StringComparison.Ordinal);
                Assert.DoesNotContain("Connection:", FirstHead(verdict.Answer), StringComparison.OrdinalIgnoreCase);
                AssertSame(verdict.Request!, TransportHandshake.Read(head, KestrelHeads.Peer, isTls: false));
                break;
            case HeadKind.Incomplete:
                Assert.False(verdict.WasGiven, "the head was complete to Kestrel");
                Assert.Equal(0, consumed);
                break;
            default:
                Assert.Equal(0, consumed);
                break;
        }

        return kind;
    }

    /// <summary>Kestrel's order between names is its own; within one name the order is the client's.</summary>
    private static void AssertSame(HandshakeRequest kestrel, HandshakeRequest ours)
    {
        Assert.Equal(kestrel.RawTarget, ours.RawTarget);
        Assert.Equal(kestrel.Authority, ours.Authority);
        Assert.Equal(kestrel.Peer, ours.Peer);
        Assert.Equal((kestrel.IsTls, kestrel.IsExtendedConnect), (ours.IsTls, ours.IsExtendedConnect));
        Assert.Equal(kestrel.Headers.Count, ours.Headers.Count);
        Assert.Equal(ByName(kestrel.Headers), ByName(ours.Headers));
    }

    /// <summary>One line per name, in the spelling of its first line, which is the one that Kestrel keeps.</summary>
    private static string ByName(HeaderList headers)
    {
        var names = new SortedDictionary<string, (string Name, StringBuilder Values)>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            if (!names.TryGetValue(name, out var known))
            {
                names.Add(name, known = (name, new StringBuilder()));
            }

            known.Values.Append(" <").Append(value).Append('>');
        }

        return string.Join("\n", names.Values.Select(n => n.Name + n.Values));
    }

    private static string FirstHead(string answer) => answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)];

    /// <summary>Bytes as a test can quote them.</summary>
    public static string Quote(byte[] bytes) => string.Concat(bytes.Take(4000).Select(b => b switch
    {
        (byte)'\r' => "\\r",
        (byte)'\n' => "\\n\n",
        >= 0x20 and < 0x7f => ((char)b).ToString(),
        _ => $"\\x{b:x2}",
    }));
}
