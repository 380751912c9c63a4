using System.Reflection;
using System.Text;
using Microsoft.Net.Http.Headers;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

public sealed class KnownNameTests
{
    /// <summary>All header names that ASP.NET knows, and some that it does not.</summary>
    private static IEnumerable<string> Names() => typeof(HeaderNames).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (string)f.GetValue(null)!)
        .Where(n => !n.StartsWith(':'))
        .Concat(["Alt-Used", "X-Forwarded-For", "Sec-Fetch-Dest", "X-Unknown", "Sec-GPC", "Priority", "a", "Sec-WebSocket-Foo"]);

    [Fact]
    public async Task Every_name_is_spelt_as_kestrel_spells_it_whatever_the_client_wrote()
    {
        await using var kestrel = await KestrelHeads.StartAsync();
        var reader = new RequestHeadReader(kestrel.Limits);
        var taken = 0;
        foreach (var name in Names())
        {
            foreach (var spelling in new[] { name, name.ToLowerInvariant(), name.ToUpperInvariant() })
            {
                var head = HeadCorpus.Bytes($"GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n{spelling}: x\n\n");
                taken += await HeadAgreement.CheckAsync(kestrel, reader, head) == HeadKind.Upgrade ? 1 : 0;
            }
        }

        // All but Host, Connection, Upgrade and what speaks of a body.
        Assert.Equal(3 * (Names().Count() - 6), taken);
    }

    [Fact]
    public void A_name_is_found_by_all_of_its_bytes()
    {
        Assert.Equal("Sec-WebSocket-Key", KnownNames.Find("sec-WEBSOCKET-key"u8)?.Text);
        Assert.Equal("x-real-ip", KnownNames.Find("x-real-ip"u8)?.Text);
        Assert.Null(KnownNames.Find("X-REAL-IP"u8));
        Assert.Null(KnownNames.Find("Sec-WebSocket-Kez"u8));
        Assert.Null(KnownNames.Find("\u00c8ost"u8));
        Assert.Null(KnownNames.Find([]));
        Assert.Null(KnownNames.Find(Encoding.ASCII.GetBytes(new string('x', 300))));
    }

    [Fact]
    public void Recent_texts_are_shared_and_never_taken_for_another()
    {
        var recent = new RecentTexts();
        var random = new Random(1);
        Assert.Same(recent.Get("example.com"u8), recent.Get("example.com"u8));
        for (var i = 0; i < 20_000; i++)
        {
            // Few letters and lengths, so that places meet often.
            var text = new string('a', random.Next(0, 20)) + (char)('a' + random.Next(4)) + new string((char)('b' + random.Next(3)), random.Next(0, 20)) + (random.Next(8) == 0 ? "\u00fc" : "");
            Assert.Equal(text, recent.Get(Encoding.Latin1.GetBytes(text)));
        }

        var large = new string('l', 5000);
        Assert.Equal(large, recent.Get(Encoding.Latin1.GetBytes(large)));
        Assert.Equal("", recent.Get([]));
    }
}
