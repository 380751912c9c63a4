using WsIngress.Sources;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Store;

public sealed class SyncLoopTests
{
    private static readonly TimeSpan Milliseconds = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Nothing_is_published_before_every_source_has_delivered_all()
    {
        var (folder, server) = (new FakeSource("the folder"), new FakeSource("the server"));
        await using var bench = new LoopBench(folder, server).Start();
        Assert.Equal("all objects of the folder, the server", bench.State.Current.WaitingFor);

        folder.Deliver(LoopBench.First("a"));
        server.Deliver(StoreEvent.Replace(ObjectKind.Service, []));
        await Eventually.True(() => bench.State.Current.Events == 2);
        Assert.Equal("all objects of the server", bench.State.Current.WaitingFor);
        Assert.False(bench.State.IsReady);
        Assert.Empty(bench.Snapshots);

        server.Deliver(new SourceBatch { Synced = true });
        var result = await bench.NextTableAsync();
        Assert.Equal(1, result.Table.Revision);
        Assert.Equal("a.example.com", Assert.Single(result.Table.Hosts).Host);
        await Eventually.True(() => bench.State.IsReady);
        Assert.Equal(1, bench.Published);
    }

    [Fact]
    public async Task An_empty_first_delivery_makes_a_first_table()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source);

        await Eventually.True(() => bench.State.IsReady);
        Assert.Empty(bench.State.Current.Result!.Table.Hosts);
    }

    /// <summary>Whoever works on the problems of a large cluster sees by the reference that there is nothing new.</summary>
    [Fact]
    public async Task Problems_that_stay_the_same_stay_the_same_array()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        source.Deliver(new SourceBatch { Problems = [Problem("b"), Problem("a")], Settled = true });
        var first = (await bench.NextReportAsync()).Problems;
        Assert.Equal(["a", "b"], first.Select(problem => problem.Object.Name));

        source.Deliver(new SourceBatch { Events = [StoreEvent.Upsert(Objects.Ingress("b", "b.example.com"))], Settled = true });
        Assert.True((await bench.NextTableAsync()).Problems == first);
        source.Deliver(new SourceBatch { Problems = [Problem("b"), Problem("a")], Settled = true });
        Assert.True((await bench.NextReportAsync()).Problems == first);

        source.Deliver(new SourceBatch { Problems = [Problem("b")], Settled = true });
        Assert.Equal(["b"], (await bench.NextReportAsync()).Problems.Select(problem => problem.Object.Name));
        source.Deliver(new SourceBatch { Problems = [], Settled = true });
        Assert.Empty((await bench.NextReportAsync()).Problems);

        static Problem Problem(string name) => new(new("Ingress", "default", name), ProblemReason.InvalidField, "spec", "", "", "it is wrong");
    }

    [Fact]
    public async Task A_single_event_waits_for_the_hold_off_and_not_longer()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        bench.Clock.Forget();

        source.Deliver(StoreEvent.Upsert(Objects.Ingress("b", "b.example.com")));
        Assert.Equal(50 * Milliseconds, await bench.Clock.NextTimerAsync());
        bench.Clock.Advance(49 * Milliseconds);
        Assert.Equal(1, bench.Published);

        bench.Clock.Advance(1 * Milliseconds);
        var result = await bench.NextTableAsync();
        Assert.Equal(2, result.Table.Revision);
        Assert.Equal(["a.example.com", "b.example.com"], result.Table.Hosts.Select(host => host.Host));
    }

    [Fact]
    public async Task A_change_that_comes_after_a_calm_waits_a_moment_only()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        await Eventually.True(() => !bench.Loop.IsTranslating);
        bench.Clock.Advance(100 * Milliseconds);
        bench.Clock.Forget();

        source.Deliver(StoreEvent.Upsert(Objects.Ingress("b", "b.example.com")));
        Assert.Equal(10 * Milliseconds, await bench.Clock.NextTimerAsync());
        bench.Clock.Advance(10 * Milliseconds);
        await bench.NextTableAsync();
        bench.Clock.Forget();

        source.Deliver(StoreEvent.Upsert(Objects.Ingress("c", "c.example.com")));
        Assert.Equal(50 * Milliseconds, await bench.Clock.NextTimerAsync());
    }

    [Fact]
    public async Task Who_tells_without_a_pause_does_not_keep_what_was_told_from_being_translated()
    {
        const int Flood = 1000;
        var source = new FloodingSource(Flood);
        using var go = new ManualResetEventSlim();
        await using var bench = new LoopBench(source);
        var busy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.OnEndpoints = () =>
        {
            busy.TrySetResult();
            go.Wait();
        };
        bench.Start();
        await bench.NextTableAsync();

        // While the loop is busy with a pod, all the rest piles up before its queue.
        source.Next.Release();
        await busy.Task.WaitAsync(TimeSpan.FromSeconds(20));
        source.Next.Release();
        await source.Told.Task.WaitAsync(TimeSpan.FromSeconds(20));
        go.Set();

        await Eventually.True(() => bench.State.Current.Result!.Reports.Length == Flood);
        Assert.Contains(bench.Snapshots, snapshot => snapshot.Ingresses.Length is > 0 and < Flood);
    }

    [Fact]
    public async Task A_stream_of_events_is_translated_at_the_maximum_hold_off()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        bench.Clock.Forget();

        // An event every 40 ms: the hold-off of 50 ms alone would never end.
        for (var i = 0; i < 12; i++)
        {
            source.Deliver(StoreEvent.Upsert(Objects.Ingress("b", $"b{i}.example.com")));
            var expected = Math.Min(50, 500 - (40 * i));
            Assert.Equal(expected * Milliseconds, await bench.Clock.NextTimerAsync());
            bench.Clock.Advance(40 * Milliseconds);
            Assert.Equal(1, bench.Published);
        }

        source.Deliver(StoreEvent.Upsert(Objects.Ingress("b", "last.example.com")));
        Assert.Equal(20 * Milliseconds, await bench.Clock.NextTimerAsync());
        bench.Clock.Advance(20 * Milliseconds);
        var result = await bench.NextTableAsync();
        Assert.Equal(2, result.Table.Revision);
        Assert.Equal("last.example.com", result.Table.Hosts[1].Host);
    }

    [Fact]
    public async Task A_settled_batch_is_translated_without_a_hold_off()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");

        source.Deliver(LoopBench.First("a", "b"));

        Assert.Equal(2, (await bench.NextTableAsync()).Table.Revision);
    }

    [Fact]
    public async Task Equal_content_publishes_nothing_but_reports_are_told()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");

        // A Secret that no route uses changes the objects and not the table.
        source.Deliver(new SourceBatch { Events = [StoreEvent.Replace(ObjectKind.Secret, [Objects.Secret("s", "x")])], Settled = true });
        var report = await bench.NextReportAsync();
        Assert.Equal(1, report.Table.Revision);
        Assert.Equal(1, bench.Published);
        Assert.Equal(2, bench.Snapshots.Count);

        source.Deliver(LoopBench.First("a", "b"));
        Assert.Equal(2, (await bench.NextTableAsync()).Table.Revision);
    }

    [Fact]
    public async Task An_event_that_changes_nothing_causes_no_translation()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");

        source.Deliver(LoopBench.First("a"));
        source.Deliver(StoreEvent.Delete(ObjectKind.Ingress, new("default", "none")));
        await Eventually.True(() => bench.State.Current.Events == 3);
        source.Deliver(LoopBench.First("b"));
        await bench.NextTableAsync();

        Assert.Equal(2, bench.Snapshots.Count);
        Assert.Equal(2, bench.State.Current.EffectiveEvents);
    }

    [Theory]
    [InlineData("Ingress")]
    [InlineData("IngressClass")]
    [InlineData("Service")]
    [InlineData("EndpointSlice")]
    [InlineData("Secret")]
    public async Task A_change_of_any_kind_is_translated(string kind)
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        var info = ObjectKindInfo.All.Single(known => known.Name == kind);
        var added = (k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>)Activator.CreateInstance(info.Model)!;
        added.Metadata = new() { Name = "new", NamespaceProperty = "default" };
        if (added is k8s.Models.V1Ingress ingress)
        {
            ingress.Spec = Objects.Ingress("new").Spec;
        }

        source.Deliver(new SourceBatch { Events = [StoreEvent.Upsert(added)], Settled = true });

        await Eventually.True(() => bench.Snapshots.Count == 2);
    }

    [Fact]
    public async Task Problems_alone_are_told_without_a_translation()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        var problem = new Problem(new("File", "", "x.yaml"), ProblemReason.Unparsable, "", "", "", "is broken") { Location = "x.yaml:3" };

        source.Deliver(new SourceBatch { Problems = [problem], Settled = true });
        Assert.Equal(problem, Assert.Single((await bench.NextReportAsync()).Problems));
        await Eventually.True(() => bench.Log.Of(2020).Length == 1);

        source.Deliver(new SourceBatch { Problems = [], Settled = true });
        Assert.Empty((await bench.NextReportAsync()).Problems);
        Assert.Single(bench.Snapshots);
        await Eventually.True(() => bench.Log.Of(2022).Length == 1);
    }

    [Fact]
    public async Task A_source_that_fails_at_the_start_stops_the_loop_with_its_message()
    {
        var source = new FakeSource();
        await using var bench = new LoopBench(source).Start();

        source.Fail(new DirectoryNotFoundException("Folder x does not exist."));

        var failure = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => bench.Running.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("Folder x does not exist.", failure.Message);
    }

    [Fact]
    public async Task A_source_that_fails_later_is_started_anew_and_the_table_stays()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a");
        bench.Clock.Forget();

        source.Fail(new IOException("gone"));
        Assert.Equal(5000 * Milliseconds, await bench.Clock.NextTimerAsync());
        bench.Clock.Advance(5000 * Milliseconds);
        source.Deliver(LoopBench.First("a", "b"));

        Assert.Equal(2, (await bench.NextTableAsync()).Table.Revision);
        Assert.Equal(2, source.Runs);
    }

    [Fact]
    public async Task Cancellation_ends_the_loop_without_an_exception()
    {
        var source = new FakeSource();
        var bench = await LoopBench.StartedAsync(source, "a");

        await bench.DisposeAsync();

        await bench.Running;
        Assert.True(bench.Running.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_log_has_a_line_for_each_changed_Ingress_and_none_for_the_others()
    {
        var source = new FakeSource();
        await using var bench = await LoopBench.StartedAsync(source, "a", "b");
        await Eventually.True(() => bench.Log.Of(2010).Length == 2);

        source.Deliver(StoreEvent.Upsert(Objects.Ingress("b", "other.example.com")), StoreEvent.Upsert(Objects.Ingress("c", "c.example.com")));
        await bench.Clock.NextTimerAsync();
        bench.Clock.Advance(50 * Milliseconds);
        await bench.NextTableAsync();
        await Eventually.True(() => bench.Log.Of(2010).Length == 4);
        Assert.Contains("other.example.com", bench.Log.Of(2010)[2]);
        Assert.Contains("Ingress default/c is Served", bench.Log.Of(2010)[3]);

        source.Deliver(LoopBench.First("a"));
        await bench.NextTableAsync();
        await Eventually.True(() => bench.Log.Of(2012).Length == 2);
        Assert.Equal(4, bench.Log.Of(2010).Length);
    }

    /// <summary>A Service with a pod, then another pod, then many Ingresses at once.</summary>
    private sealed class FloodingSource(int many) : IObjectSource
    {
        public SemaphoreSlim Next { get; } = new(0);

        public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => "flood";

        public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
        {
            var service = new k8s.Models.V1Service { ApiVersion = "v1", Kind = "Service", Metadata = new() { Name = "web", NamespaceProperty = "default" }, Spec = new() { Ports = [new() { Name = "http", Port = 80 }] } };
            await sink.DeliverAsync(
                new() { Events = [StoreEvent.Replace(ObjectKind.Service, [service]), StoreEvent.Replace(ObjectKind.EndpointSlice, [EndpointBench.Slice("web-1", "web", "10.0.0.1")])], Synced = true },
                cancellation);
            await Next.WaitAsync(cancellation);
            await sink.DeliverAsync(new() { Events = [StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.2"))] }, cancellation);
            await Next.WaitAsync(cancellation);
            var all = Enumerable.Range(0, many).Select(i => sink.DeliverAsync(new() { Events = [StoreEvent.Upsert(Objects.Ingress($"i{i}"))], Settled = true }, cancellation).AsTask()).ToArray();
            Told.SetResult();
            await Task.WhenAll(all);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        }
    }
}
