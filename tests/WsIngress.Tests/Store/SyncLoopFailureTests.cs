using WsIngress.Sources;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Store;

/// <summary>A translation or a publication that fails: what is live stays, and it is tried again.</summary>
public sealed class SyncLoopFailureTests
{
    [Fact]
    public async Task An_exception_of_the_translator_leaves_the_last_table_live()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");

        bench.TranslatorFailure = new InvalidOperationException("a defect");
        source.Deliver(LoopBench.First("a", "b"));
        await Eventually.True(() => bench.State.Current.Failures == 1);
        Assert.Equal("a defect", bench.State.Current.LastFailure);
        Assert.Equal(1, bench.State.Current.Revision);
        Assert.Equal("a.example.com", Assert.Single(bench.State.Current.Result!.Table.Hosts).Host);
        Assert.True(bench.State.IsReady);
        Assert.Single(bench.Log.Of(2002));

        bench.TranslatorFailure = null;
        source.Deliver(LoopBench.First("a", "b", "c"));
        Assert.Equal(2, (await bench.NextTableAsync()).Table.Revision);
        await Eventually.True(() => bench.State.Current.LastFailure is null);
    }

    [Fact]
    public async Task A_table_that_could_not_be_made_live_is_published_again_with_the_same_number()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");

        bench.SinkFailure = new InvalidOperationException("no sink");
        source.Deliver(LoopBench.First("a", "b"));
        await Eventually.True(() => bench.State.Current.Failures == 1);
        bench.SinkFailure = null;
        source.Deliver(new SourceBatch { Events = [StoreEvent.Upsert(Objects.Secret("s", "x"))], Settled = true });

        var result = await bench.NextTableAsync();
        Assert.Equal(2, result.Table.Revision);
        Assert.Equal(2, result.Table.Hosts.Length);
    }

    [Fact]
    public async Task A_first_translation_that_fails_is_told_as_what_readiness_waits_for()
    {
        var source = new FakeSource();
        await using var bench = new LoopBench(source) { TranslatorFailure = new InvalidOperationException("a defect") };
        bench.Start();

        source.Deliver(LoopBench.First("a"));
        await Eventually.True(() => bench.State.Current.Failures == 1);

        Assert.Equal("a first routing table; the translation failed: a defect", bench.State.Current.WaitingFor);
        Assert.Equal(0, bench.Published);
    }

    /// <summary>They may say why it fails.</summary>
    [Fact]
    public async Task While_translations_fail_the_problems_of_the_sources_are_told()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        bench.TranslatorFailure = new InvalidOperationException("a defect");
        source.Deliver(LoopBench.First("a", "b"));
        await Eventually.True(() => bench.State.Current.Failures == 1);

        source.Deliver(new SourceBatch { Problems = [new(new("File", "", "x.yaml"), ProblemReason.Unparsable, "", "", "", "is broken")], Settled = true });

        await Eventually.True(() => bench.State.Current.Result!.Problems.Any(problem => problem.Reason == ProblemReason.Unparsable));
        Assert.Equal((1, 1), (bench.Published, bench.State.Current.Revision));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_has_failed_is_tried_again_though_nothing_changes(bool isFirst)
    {
        var source = new FakeSource();
        await using var bench = isFirst ? new LoopBench(source).Start() : await LoopBench.StartedAsync(source, "a");
        bench.TranslatorFailure = new InvalidOperationException("for a moment");
        source.Deliver(LoopBench.First("a", "b"));
        await Eventually.True(() => bench.State.Current.Failures == 1);
        while (await bench.Clock.NextTimerAsync() < TimeSpan.FromSeconds(20))
        {
        }

        bench.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(isFirst ? 1 : 2, bench.Snapshots.Count);
        bench.TranslatorFailure = null;
        bench.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, (await bench.NextTableAsync()).Table.Hosts.Length);
        await Eventually.True(() => bench.State.IsReady && bench.State.Current.LastFailure is null);
    }
}
