using WsIngress.Sources;
using Xunit;

namespace WsIngress.Tests.Store;

/// <summary>A pod that comes or goes reaches the balancers past the hold-off and past every translation, and no older table takes it back.</summary>
public sealed class EndpointPathTests
{
    private static StoreEvent[] Web(params string[] addresses) =>
    [
        StoreEvent.Replace(ObjectKind.Ingress, [EndpointBench.Ingress()]),
        StoreEvent.Replace(ObjectKind.Service, [EndpointBench.Service()]),
        StoreEvent.Replace(ObjectKind.EndpointSlice, [EndpointBench.Slice("web-1", "web", addresses)]),
    ];

    [Fact]
    public async Task A_pod_is_balanced_without_a_translation_and_without_touching_the_table()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));
        var table = bench.Live.Current;

        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.1", "10.0.0.2")));
        await Eventually.True(() => bench.Addresses is ["10.0.0.1", "10.0.0.2"]);
        bench.Source.Deliver(StoreEvent.Delete(ObjectKind.EndpointSlice, new("default", "web-1")));
        await Eventually.True(() => bench.Addresses is []);

        Assert.Same(table, bench.Live.Current);
        Assert.Equal(1, bench.State.Current.Translations);

        // What comes before the loop has seen the end of the first translation is handed over once more after it.
        Assert.InRange(bench.Short, 2, 3);
    }

    /// <summary>Every edit would put off a batch; the clock stands still, so nothing that waits for one would ever come.</summary>
    [Fact]
    public async Task A_pod_does_not_wait_behind_a_stream_of_edits_elsewhere()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));

        for (var i = 0; i < 300; i++)
        {
            bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Ingress($"other-{i}")));
            if (i % 3 == 0)
            {
                bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", $"10.0.1.{i / 3}")));
                await Eventually.True(() => bench.Addresses is [var only] && only == $"10.0.1.{i / 3}");
            }
        }

        Assert.Equal(1, bench.State.Current.Translations);
    }

    [Fact]
    public async Task The_table_follows_when_the_slices_are_calm()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));

        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.2")));
        Assert.Equal(TimeSpan.FromMilliseconds(500), await bench.Clock.NextTimerAsync());
        bench.Clock.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.True(() => bench.State.Current.Revision == 2);

        Assert.Equal("10.0.0.2", Assert.Single(Assert.Single(bench.Live.Current.Table.Backends).Endpoints).Address);
        Assert.Equal(["10.0.0.2"], bench.Addresses);
    }

    [Fact]
    public async Task A_pod_does_not_wait_for_the_translation_under_way_and_its_older_table_does_not_take_it_back()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));
        bench.Hold();
        bench.Source.Deliver(new SourceBatch { Events = [StoreEvent.Upsert(EndpointBench.Ingress("other"))], Settled = true });
        await Eventually.True(() => bench.Waiting == 1);

        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.9")));
        await Eventually.True(() => bench.Addresses is ["10.0.0.9"]);
        bench.Release();
        await Eventually.True(() => bench.State.Current.Revision == 2);

        Assert.Equal("10.0.0.1", Assert.Single(bench.Live.Current.Table.Backends, b => b.Service == "web").Endpoints[0].Address);
        Assert.Equal(["10.0.0.9"], bench.Addresses);
    }

    [Fact]
    public async Task A_backend_that_the_translation_under_way_makes_gets_the_pods_that_came_meanwhile()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(
            StoreEvent.Replace(ObjectKind.Ingress, []),
            StoreEvent.Replace(ObjectKind.Service, [EndpointBench.Service()]),
            StoreEvent.Replace(ObjectKind.EndpointSlice, [EndpointBench.Slice("web-1", "web", "10.0.0.1")]));
        bench.Hold();
        bench.Source.Deliver(new SourceBatch { Events = [StoreEvent.Upsert(EndpointBench.Ingress())], Settled = true });
        await Eventually.True(() => bench.Waiting == 1);
        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.2")));
        await Eventually.True(() => bench.State.Current.Events == 5);

        bench.Release();
        await Eventually.True(() => bench.Addresses is ["10.0.0.2"]);
        Assert.Equal(2, bench.State.Current.Revision);
    }

    [Fact]
    public async Task How_long_an_endpoint_took_is_told()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));
        var told = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.State.EndpointsMoved += told.SetResult;

        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "web", "10.0.0.2")));

        Assert.Equal(TimeSpan.Zero, await told.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Slices_that_move_between_Services_leave_the_one_and_enter_the_other()
    {
        await using var bench = new EndpointBench();
        await bench.StartAsync(
        [
            .. Web("10.0.0.1"),
            StoreEvent.Upsert(EndpointBench.Ingress("api")),
            StoreEvent.Upsert(EndpointBench.Service("api")),
        ]);
        var backends = bench.Live.Backends.ToDictionary(b => b.Service);

        bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice("web-1", "api", "10.0.0.1")));

        await Eventually.True(() => backends["api"].Endpoints.Count == 1 && backends["web"].Endpoints.Count == 0);
    }

    /// <summary>Whatever order events and translations come in, once all is calm the balancers have what a translation from nothing has.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Short_and_long_way_come_to_the_same_endpoints(int seed)
    {
        var random = new Random(seed);
        await using var bench = new EndpointBench();
        await bench.StartAsync(Web("10.0.0.1"));
        string[] services = ["web", "api", "chat"];
        for (var round = 0; round < 60; round++)
        {
            Step(bench, random, services);
            if (random.Next(3) == 0)
            {
                bench.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(1000)));
                await Task.Yield();
            }
        }

        bench.Release();
        var marker = EndpointBench.Slice("marker", "web", $"10.9.{seed}.9");
        bench.Source.Deliver(StoreEvent.Upsert(marker));
        await Eventually.True(() =>
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(3));
            return bench.State.Current.Snapshot!.EndpointSlices.Contains(marker);
        });

        var expected = EndpointBench.Anew(bench.State.Current.Snapshot!).Table;
        var live = bench.Live.Backends.ToDictionary(b => b.Key, b => b.Endpoints.Select(e => e.Endpoint).ToArray());
        Assert.Equal(expected.Backends.Select(b => b.Key), live.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected.Backends, b => Assert.Equal(b.Endpoints.ToArray(), live[b.Key]));
    }

    private static void Step(EndpointBench bench, Random random, string[] services)
    {
        var service = services[random.Next(services.Length)];
        var slice = $"{service}-{random.Next(3)}";
        switch (random.Next(9))
        {
            case 0:
                bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Ingress(service)));
                break;
            case 1:
                bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Service(service, random.Next(3) == 0 ? "other" : "http")));
                break;
            case 2:
                bench.Source.Deliver(StoreEvent.Delete(random.Next(2) == 0 ? ObjectKind.Service : ObjectKind.Ingress, new("default", service)));
                break;
            case 3:
                bench.Source.Deliver(StoreEvent.Delete(ObjectKind.EndpointSlice, new("default", slice)));
                break;
            case 4:
                bench.Source.Deliver(StoreEvent.Replace(ObjectKind.EndpointSlice, [.. services.Select((s, i) => EndpointBench.Slice($"{s}-0", s, $"10.0.{i}.{random.Next(250)}"))]));
                break;
            case 5:
                bench.Hold();
                break;
            case 6:
                bench.Release();
                break;
            default:
                bench.Source.Deliver(StoreEvent.Upsert(EndpointBench.Slice(slice, service, [.. Enumerable.Range(0, random.Next(4)).Select(i => $"10.1.{random.Next(4)}.{i}")])));
                break;
        }
    }
}
