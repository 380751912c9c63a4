using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Tests.Store;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using Xunit;

namespace WsIngress.Tests.Transport.Loops;

/// <summary>The loop's thread: what runs on it, when it sleeps, and that one socket's trouble is not another's.</summary>
public sealed class EventLoopTests
{
    [Fact]
    public async Task Posted_work_runs_on_the_loops_thread_in_the_order_of_its_thread()
    {
        using EventLoop loop = LoopWork.Start();
        var order = new List<int>();
        for (int i = 0; i < 5000; i++)
        {
            int number = i;
            loop.Post(_ => order.Add(loop.IsCurrent ? number : -1), null);
        }

        await loop.RunAsync(() => { });

        Assert.Equal(Enumerable.Range(0, 5000), order);
        Assert.Null(EventLoop.Current);
        Assert.False(loop.IsCurrent);
    }

    [Fact]
    public async Task A_switch_continues_on_the_loop_and_at_once_when_it_is_there()
    {
        using EventLoop loop = LoopWork.Start();

        bool wasThere = await Task.Run(async () =>
        {
            await loop.SwitchTo();
            return loop.IsCurrent && loop.SwitchTo().IsCompleted;
        });

        Assert.True(wasThere);
    }

    [Fact]
    public async Task An_alarm_that_comes_too_early_is_set_again()
    {
        var clock = new EarlyClock();
        using EventLoop loop = LoopWork.Start(clock);
        var timer = new CountedTimer();
        await loop.RunAsync(() => loop.Timers.Set(timer, TimeSpan.FromMilliseconds(100)));
        await LoopWork.Until(() => clock.Pending == 1);

        clock.Advance(TimeSpan.FromMilliseconds(99.5));
        await LoopWork.Until(() => clock.Pending == 1 && loop.TurnStarted == 0);
        Assert.Equal(0, timer.Calls);
        clock.Advance(TimeSpan.FromMilliseconds(60));
        await LoopWork.Until(() => timer.Calls == 1);
    }

    [Fact]
    public async Task An_earlier_timer_sets_the_alarm_forward_and_a_later_one_does_not_set_it_back()
    {
        var time = new FakeTimeProvider();
        using EventLoop loop = LoopWork.Start(time);
        var (late, soon, later) = (new CountedTimer(), new CountedTimer(), new CountedTimer());
        await loop.RunAsync(() => loop.Timers.Set(late, TimeSpan.FromSeconds(10)));
        await loop.RunAsync(() => loop.Timers.Set(soon, TimeSpan.FromSeconds(1)));
        await loop.RunAsync(() => loop.Timers.Set(later, TimeSpan.FromSeconds(100)));
        await LoopWork.Until(() => loop.TurnStarted == 0);

        time.Advance(TimeSpan.FromSeconds(2));
        await LoopWork.Until(() => soon.Calls == 1);
        await LoopWork.Until(() => loop.TurnStarted == 0);
        time.Advance(TimeSpan.FromSeconds(9));
        await LoopWork.Until(() => late.Calls == 1);

        Assert.Equal((1, 1, 0), (soon.Calls, late.Calls, later.Calls));
    }

    [Fact]
    public async Task Work_that_posts_itself_leaves_the_next_turn_to_the_sockets()
    {
        using EventLoop loop = LoopWork.Start();
        var (far, near) = SocketPair.Open();
        using Socket peer = far;
        var socket = new ProbeSocket(loop, near, s => s.Drain());
        await loop.RunAsync(() => socket.Watch(LibC.EPOLLIN));
        var seen = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        int rounds = 0;
        void Again()
        {
            if (++rounds == 1)
            {
                peer.Send([1]);
            }

            if (socket.Events > 0)
            {
                seen.SetResult(rounds);
                return;
            }

            loop.Post(_ => Again(), null);
        }

        loop.Post(_ => Again(), null);

        Assert.InRange(await seen.Task.WaitAsync(TimeSpan.FromSeconds(20)), 2, 100);
        await loop.RunAsync(() => socket.Close());
    }

    [Fact]
    public async Task A_defect_ends_its_own_socket_and_the_loop_goes_on()
    {
        var log = new RecordingLogger<EventLoop>();
        using EventLoop loop = LoopWork.Start(logger: log);
        var (farBad, nearBad) = SocketPair.Open();
        var (farGood, nearGood) = SocketPair.Open();
        using Socket bad = farBad;
        using Socket good = farGood;
        var broken = new ProbeSocket(loop, nearBad, s =>
        {
            s.Drain();
            throw new InvalidOperationException("a defect");
        });
        var sound = new ProbeSocket(loop, nearGood, s => s.Drain());
        var dead = new CountedTimer(() => throw new InvalidOperationException("another"));
        await loop.RunAsync(() =>
        {
            broken.Watch(LibC.EPOLLIN);
            sound.Watch(LibC.EPOLLIN);
            loop.Timers.Set(dead, TimeSpan.Zero);
        });
        bad.Send([1]);
        await LoopWork.Until(() => broken.IsClosed && dead.Calls == 1);
        good.Send([1]);
        await LoopWork.Until(() => sound.Events > 0);

        Assert.Equal(1, broken.Defects);
        Assert.Equal(2, log.Of(4000).Length);
        Assert.False(sound.IsClosed);
        Assert.Equal(0, bad.Receive(new byte[1]));
        await loop.RunAsync(() => sound.Close());
    }

    [Fact]
    public async Task An_event_that_was_queued_for_a_socket_is_not_taken_for_one_of_its_successor()
    {
        using EventLoop loop = LoopWork.Start();
        var (farFirst, nearFirst) = SocketPair.Open();
        var (farSecond, nearSecond) = SocketPair.Open();
        var (farThird, nearThird) = SocketPair.Open();
        using Socket first = farFirst;
        using Socket second = farSecond;
        using Socket third = farThird;
        ProbeSocket? heir = null;
        ProbeSocket? b = null;

        // Whichever of the two comes first in the batch removes the other, whose place the third takes.
        void Replace(ProbeSocket self, ProbeSocket other)
        {
            self.Drain();
            if (heir is null)
            {
                other.Close();
                heir = new ProbeSocket(loop, nearThird, s => s.Drain());
                heir.Watch(LibC.EPOLLIN);
            }
        }

        var a = new ProbeSocket(loop, nearFirst, s => Replace(s, b!));
        b = new ProbeSocket(loop, nearSecond, s => Replace(s, a));
        await loop.RunAsync(() =>
        {
            a.Watch(LibC.EPOLLIN);
            b.Watch(LibC.EPOLLIN);

            // Both are readable before the loop looks again.
            first.Send([1]);
            second.Send([1]);
        });
        await LoopWork.Until(() => heir is not null);
        await loop.RunAsync(() => { });

        Assert.Equal(0, heir!.Events);
        third.Send([1]);
        await LoopWork.Until(() => heir.Events == 1);
        Assert.Equal(1, a.Events + b.Events);
        await loop.RunAsync(() =>
        {
            a.Close();
            b.Close();
            heir.Close();
        });
        Assert.Equal(0, loop.SocketCount);
    }

    [Fact]
    public async Task An_event_that_was_queued_for_a_socket_on_its_way_is_its_new_owners()
    {
        using EventLoop loop = LoopWork.Start();
        var (farFirst, nearFirst) = SocketPair.Open();
        var (farSecond, nearSecond) = SocketPair.Open();
        using Socket first = farFirst;
        using Socket second = farSecond;
        HeirSocket? heir = null;
        ProbeSocket? b = null;

        // Whichever of the two comes first in the batch gives the other away; who gets it comes later in the turn.
        void Give(ProbeSocket self, ProbeSocket other)
        {
            self.Drain();
            BareSocket given = other.HandOver();
            loop.Post(_ => heir = new HeirSocket(loop, given), null);
        }

        var a = new ProbeSocket(loop, nearFirst, s => Give(s, b!));
        b = new ProbeSocket(loop, nearSecond, s => Give(s, a));
        await loop.RunAsync(() =>
        {
            a.Watch(LibC.EPOLLIN);
            b.Watch(LibC.EPOLLIN);
            first.Send([1]);
            second.Send([1]);
        });
        await LoopWork.Until(() => heir is { Events: > 0 });
        Assert.Equal(1, a.Events + b.Events);
        await loop.RunAsync(() =>
        {
            a.Close();
            b.Close();
            heir!.Close();
        });
        Assert.Equal(0, loop.SocketCount);
    }

    [Fact]
    public async Task A_socket_that_is_watched_for_nothing_reports_nothing_not_even_its_hang_up()
    {
        using EventLoop loop = LoopWork.Start();
        var (far, near) = SocketPair.Open();
        var socket = new ProbeSocket(loop, near, _ => { });
        await loop.RunAsync(() =>
        {
            socket.Watch(LibC.EPOLLIN);
            socket.Watch(0);
        });
        far.Reset();
        for (int i = 0; i < 100; i++)
        {
            await loop.RunAsync(() => { });
        }

        Assert.Equal(0, socket.Events);
        Assert.Equal(0, loop.SocketCount);
        await loop.RunAsync(() => socket.Watch(LibC.EPOLLIN));
        await LoopWork.Until(() => socket.Events > 0);
        await loop.RunAsync(() => socket.Close());
    }

    [Fact]
    public async Task A_socket_closes_its_descriptor_once_and_one_that_was_handed_over_never()
    {
        using EventLoop loop = LoopWork.Start();
        var (far, near) = SocketPair.Open();
        using Socket peer = far;
        string? inode = SocketPair.Inode(near);
        var first = new ProbeSocket(loop, near, _ => { });
        ProbeSocket second = await loop.RunAsync(() => new ProbeSocket(loop, first.HandOver().Descriptor, _ => { }));
        await loop.RunAsync(() => first.Close());
        Assert.NotNull(inode);
        Assert.Equal(inode, SocketPair.Inode(near));

        await loop.RunAsync(() =>
        {
            second.Close();
            second.Close();
        });

        Assert.NotEqual(inode, SocketPair.Inode(near));
        Assert.True(first.IsClosed && second.IsClosed);
    }

    /// <summary>Counts what it hears of, and does with it what the test says.</summary>
    private sealed class ProbeSocket(EventLoop loop, int descriptor, Action<ProbeSocket> then) : LoopSocket(loop, descriptor)
    {
        private int _events;

        public int Events => Volatile.Read(ref _events);

        public int Defects { get; private set; }

        public override void OnEvents(uint events)
        {
            Interlocked.Increment(ref _events);
            then(this);
        }

        public override void OnDefect(Exception defect)
        {
            Defects++;
            Close();
        }

        public void Drain() => _ = Read(Loop.ReadBuffer);
    }

    private sealed class HeirSocket(EventLoop loop, in BareSocket given) : LoopSocket(loop, given)
    {
        private int _events;

        public int Events => Volatile.Read(ref _events);

        public override void OnEvents(uint events)
        {
            _ = Read(Loop.ReadBuffer);
            Interlocked.Increment(ref _events);
        }

        public override void OnDefect(Exception defect) => Close();
    }
}
