using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using Xunit;

namespace WsIngress.Tests.Relay.Support;

/// <summary>A relay between two played peers, on lanes and a clock that the test owns.</summary>
internal sealed class RelayHarness : IAsyncDisposable
{
    private const int Roomy = 64 * 1024;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    private readonly IRelayRig _rig;

    public RelayHarness(RelayDriver driver, RelayOptions? options = null, int capacity = Roomy)
    {
        Client = new TestPeer(new Lane(capacity), new Lane(capacity), isClient: true);
        Backend = new TestPeer(new Lane(capacity), new Lane(capacity), isClient: false);
        Session = new RelaySession("s-1", (options ?? RelayOptions.Default) with { Buffers = Pool }, Time);
        bool narrow = capacity < Roomy;
        _rig = driver switch
        {
            RelayDriver.Streams => new StreamRig(Session, Client, Backend),
            RelayDriver.StreamsTls => new LoopStreamRig(Session, Time, Client, Backend, narrow),
            _ => new SocketRig(Session, Time, Client, Backend, narrow, tls: driver == RelayDriver.SocketsTls),
        };
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public CountingPool Pool { get; } = new();

    public RelaySession Session { get; }

    public TestPeer Client { get; }

    public TestPeer Backend { get; }

    /// <summary>Bytes that may be under way between the lanes of one direction.</summary>
    public int MostPending => _rig is WireRig ? WireRig.MostPending : Session.Options.BufferSize;

    /// <summary>The driver has closed both sides.</summary>
    public bool BothClosed => _rig.BothClosed;

    /// <summary>The loop of every driver but <see cref="RelayDriver.Streams"/>.</summary>
    public EventLoop Loop => ((WireRig)_rig).Loop;

    /// <summary>What the kernel answers on that loop.</summary>
    public SendFaults Faults => ((WireRig)_rig).Faults;

    public Task<RelayReport> Report { get; private set; } = Task.FromException<RelayReport>(new InvalidOperationException("not started"));

    public RelayHarness Start(byte[]? earlyFromClient = null, byte[]? earlyFromBackend = null)
    {
        Report = _rig.Start(earlyFromClient ?? [], earlyFromBackend ?? []);
        return this;
    }

    public void Abort()
    {
        _rig.Abort();
    }

    /// <summary>One message each way, so that both pumps run and are idle again.</summary>
    public async Task ExchangeAsync()
    {
        await Client.SendTextAsync("hello");
        Assert.Equal("hello", (await Guard(Backend.ReadFrameAsync()))!.Text);
        await Backend.SendTextAsync("welcome");
        Assert.Equal("welcome", (await Guard(Client.ReadFrameAsync()))!.Text);
    }

    /// <summary>A peer may have a frame before its relay has noted that: waits for that.</summary>
    public Task SettleAsync()
    {
        return _rig is WireRig wire ? wire.SettleAsync() : Task.CompletedTask;
    }

    /// <summary>The report, without the clock's help.</summary>
    public Task<RelayReport> EndedAsync()
    {
        return Guard(Report);
    }

    /// <summary>The report, with the clock running as fast as it may.</summary>
    public async Task<RelayReport> EndedByTimeAsync()
    {
        await AdvanceUntilAsync(() => Report.IsCompleted);
        return await Report;
    }

    public async Task AdvanceUntilAsync(Func<bool> condition)
    {
        await Until(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        });
    }

    /// <summary>Gives way to the other tasks until the condition holds.</summary>
    public static async Task Until(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Hang, "the condition never came true");
            await Task.Yield();
        }
    }

    /// <summary>
    /// The task, for half a minute. It goes on in the pool: a task of a loop's thread would go on there, and a test that blocks that thread waits for itself.
    /// </summary>
    public static Task<T> Guard<T>(Task<T> task)
    {
        return task.WaitAsync(Hang).ContinueWith(static done => done, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
    }

    /// <inheritdoc cref="Guard{T}(Task{T})"/>
    public static Task Guard(Task task)
    {
        return task.WaitAsync(Hang).ContinueWith(static done => done, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
    }

    /// <summary>When a test lets the clock fly, the report may overtake the last steps of a pump.</summary>
    public async Task AssertBuffersReturnedAsync()
    {
        await Until(() => Pool.Outstanding == 0);
        Assert.Equal(0, Pool.WrongReturns);
    }

    public ValueTask DisposeAsync()
    {
        return _rig.DisposeAsync();
    }
}
