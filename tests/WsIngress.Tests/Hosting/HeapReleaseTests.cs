using Microsoft.Extensions.Time.Testing;
using WsIngress.Hosting;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>When memory is given back: once behind a burst, and never in one.</summary>
public sealed class HeapReleaseTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly PlayedHeap _heap = new();
    private readonly HeapRelease _release;

    public HeapReleaseTests()
    {
        _release = new HeapRelease(_time, _heap);
    }

    public void Dispose() => _release.Dispose();

    [Fact]
    public void It_sweeps_and_compacts_once_when_a_burst_is_over()
    {
        Pass(HeapRelease.Burst);
        Pass(HeapRelease.Quiet);
        Assert.Equal("", _heap.Calls);

        Pass(HeapRelease.Quiet - 1);
        Assert.Equal("sweep ", _heap.Calls);
        Pass(0);
        Assert.Equal("sweep compact ", _heap.Calls);
        Pass(0);
        Pass(0);
        Assert.Equal("sweep compact ", _heap.Calls);
    }

    [Fact]
    public void Traffic_that_comes_again_behind_the_sweep_is_not_stopped()
    {
        Pass(HeapRelease.Burst);
        Pass(0);
        Pass(HeapRelease.Quiet);
        Assert.Equal("sweep ", _heap.Calls);

        Pass(0);
        Pass(0);
        Assert.Equal("sweep sweep compact ", _heap.Calls);
    }

    [Fact]
    public void What_is_little_is_left_to_the_collector()
    {
        Pass(HeapRelease.Burst - 1);
        Pass(0);
        Pass(0);

        Assert.Equal("", _heap.Calls);
    }

    [Fact]
    public void Bursts_that_follow_each_other_are_answered_after_a_while()
    {
        Burst();
        Assert.Equal("sweep compact ", _heap.Calls);
        Burst();
        Assert.Equal("sweep compact ", _heap.Calls);

        _time.Advance(HeapRelease.Spacing);
        Pass(0);
        Pass(0);
        Assert.Equal("sweep compact sweep compact ", _heap.Calls);
    }

    [Theory]
    [InlineData(HeapRelease.MostHeap, "sweep compact ")]
    [InlineData(HeapRelease.MostHeap + 1, "sweep ")]
    public void A_heap_whose_compaction_would_be_felt_is_swept_alone(long used, string calls)
    {
        _heap.Used = used;
        Pass(HeapRelease.Burst);
        for (var i = 0; i < 5; i++)
        {
            Pass(0);
        }

        Assert.Equal(calls, _heap.Calls);
    }

    private void Burst()
    {
        Pass(HeapRelease.Burst);
        Pass(0);
        Pass(0);
    }

    private void Pass(long allocated)
    {
        _heap.Allocated += allocated;
        _time.Advance(HeapRelease.Interval);
    }

    private sealed class PlayedHeap : HeapRelease.IHeap
    {
        public long Allocated { get; set; }

        public long Used { get; set; }

        public string Calls { get; private set; } = "";

        public void Sweep() => Calls += "sweep ";

        public void Compact() => Calls += "compact ";
    }
}
