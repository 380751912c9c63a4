using FsCheck.Xunit;
using WsIngress.Transport.Heads;
using Xunit;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>The differential fuzz of request heads: Kestrel beside the transport's reader, over made and over changed heads.</summary>
public sealed class HeadFuzz(HeadFuzz.Servers servers, ITestOutputHelper output) : IClassFixture<HeadFuzz.Servers>
{
    private const int Lanes = 16;

    [Fact]
    public async Task What_the_transport_takes_kestrel_takes_as_the_same()
    {
        var counts = new int[4];
        var cases = Fuzz.Cases(20_000);
        await Parallel.ForEachAsync(Enumerable.Range(0, Lanes), async (lane, _) =>
        {
            var random = new Random((Fuzz.Seed * Lanes) + lane);
            var maker = new HeadMaker(random);
            var kestrel = lane % 2 == 0 ? servers.Wide : servers.Tight;
            var reader = new RequestHeadReader(kestrel.Limits);
            for (var i = 0; i < cases / Lanes; i++)
            {
                var bytes = maker.Make();
                Interlocked.Increment(ref counts[(int)await CheckAsync(kestrel, reader, bytes, random)]);
            }
        });

        output.WriteLine($"{cases} heads: {counts[(int)HeadKind.Upgrade]} upgrades, {counts[(int)HeadKind.Plain]} plain, {counts[(int)HeadKind.Incomplete]} incomplete, {counts[(int)HeadKind.Other]} left to Kestrel");
        Assert.All(counts, c => Assert.InRange(c, cases / 500, cases));
        Assert.InRange(counts[(int)HeadKind.Upgrade], cases / 6, cases);
        Assert.InRange(counts[(int)HeadKind.Plain], cases / 20, cases);
    }

    /// <summary>By FsCheck, so that a failing change shrinks.</summary>
    [Property(MaxTest = 500)]
    public void A_changed_head_of_a_real_client_is_taken_as_kestrel_takes_it(ushort which, (ushort At, byte Value)[] changes, bool inserts)
    {
        (string Client, string Head)[] heads = [.. HeadCorpus.Ordinary, .. HeadCorpus.OrdinaryPlain];
        var bytes = HeadCorpus.Bytes(heads[which % heads.Length].Head).ToList();
        foreach (var (at, value) in changes.Take(4))
        {
            if (inserts)
            {
                bytes.Insert(at % bytes.Count, value);
            }
            else
            {
                bytes[at % bytes.Count] = value;
            }
        }

        HeadAgreement.CheckAsync(servers.Wide, new RequestHeadReader(servers.Wide.Limits), [.. bytes]).GetAwaiter().GetResult();
    }

    private static async Task<HeadKind> CheckAsync(KestrelHeads kestrel, RequestHeadReader reader, byte[] bytes, Random random)
    {
        try
        {
            var kind = await HeadAgreement.CheckAsync(kestrel, reader, bytes, random.Next(2) == 0 ? 0 : random.Next(8, 100));
            AssertCuttingDoesNotMatter(reader, bytes, kind, random);
            return kind;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"for the head\n{HeadAgreement.Quote(bytes)}\n{error.Message}", error);
        }
    }

    /// <summary>Less than the whole head is never taken, and more than it is the same one.</summary>
    private static void AssertCuttingDoesNotMatter(RequestHeadReader reader, byte[] bytes, HeadKind kind, Random random)
    {
        var cut = random.Next(bytes.Length + 1);
        var early = reader.Read(bytes.AsMemory(0, cut), out _, out var earlyConsumed);
        reader.Read(bytes, out _, out var consumed);
        switch (kind)
        {
            case HeadKind.Upgrade or HeadKind.Plain:
                Assert.Equal(cut >= consumed ? kind : HeadKind.Incomplete, early);
                Assert.Equal(cut >= consumed ? consumed : 0, earlyConsumed);
                break;
            case HeadKind.Incomplete:
                Assert.Equal(HeadKind.Incomplete, early);
                break;
            default:
                Assert.True(early is HeadKind.Incomplete or HeadKind.Other, $"{early} of {cut} bytes");
                break;
        }
    }

    /// <summary>One Kestrel with the product's bounds and one with bounds that made heads reach.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        internal KestrelHeads Wide { get; private set; } = null!;

        internal KestrelHeads Tight { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Wide = await KestrelHeads.StartAsync();
            Tight = await KestrelHeads.StartTightAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Wide.DisposeAsync();
            await Tight.DisposeAsync();
        }
    }
}
