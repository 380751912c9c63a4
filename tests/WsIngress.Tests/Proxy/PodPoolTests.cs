using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Plain;
using WsIngress.Tests.Transport.Loops;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Idle connections to pods: which are given out, and when one is closed.</summary>
public sealed class PodPoolTests
{
    private static readonly IPEndPoint Pod = new(IPAddress.Parse("10.0.0.1"), 80);

    [Fact]
    public async Task A_connection_is_given_out_once_and_to_its_own_pod_alone()
    {
        using var loop = LoopWork.Start();
        await loop.RunAsync(() =>
        {
            var pool = new PodPool(loop);
            var (first, second, named) = (Open(loop, Pod), Open(loop, Pod), Open(loop, new DnsEndPoint("db.example.com", 80)));
            pool.Give(first.Pod);
            pool.Give(second.Pod);
            pool.Give(named.Pod);

            Assert.Null(pool.Take(new IPEndPoint(Pod.Address, 81)));
            Assert.Null(pool.Take(new DnsEndPoint("db.example.com", 81)));
            Assert.Same(named.Pod, pool.Take(new DnsEndPoint("db.example.com", 80)));
            Assert.Same(second.Pod, pool.Take(new IPEndPoint(Pod.Address, 80)));
            Assert.Same(first.Pod, pool.Take(Pod));
            Assert.Null(pool.Take(Pod));
            Assert.Equal(0, pool.Count);
        });
    }

    [Fact]
    public async Task A_pods_end_and_a_pods_word_take_their_connection_away_at_once()
    {
        using var loop = LoopWork.Start(new FakeTimeProvider());
        var pool = new PodPool(loop);
        var (ended, spoke, stays) = (Open(loop, Pod), Open(loop, Pod), Open(loop, Pod));
        await loop.RunAsync(() =>
        {
            pool.Give(ended.Pod);
            pool.Give(spoke.Pod);
            pool.Give(stays.Pod);
        });

        ended.Far.Shutdown(SocketShutdown.Send);
        await spoke.Far.SendAsync("x"u8.ToArray());
        await LoopWork.Until(() => loop.RunAsync(() => pool.Count).GetAwaiter().GetResult() == 1);

        Assert.Same(stays.Pod, await loop.RunAsync(() => pool.Take(Pod)));
        Assert.Equal((true, true, false), await loop.RunAsync(() => (ended.Pod.Socket.IsClosed, spoke.Pod.Socket.IsClosed, stays.Pod.Socket.IsClosed)));
    }

    /// <summary>Within one turn of the loop, which hears of it in the next.</summary>
    [Fact]
    public async Task What_a_pod_has_said_or_ended_in_this_turn_is_seen_when_its_connection_is_taken()
    {
        using var loop = LoopWork.Start();
        var pool = new PodPool(loop);
        var (ended, spoke, stays) = (Open(loop, Pod), Open(loop, Pod), Open(loop, Pod));
        Assert.Same(stays.Pod, await loop.RunAsync(() =>
        {
            pool.Give(stays.Pod);
            pool.Give(ended.Pod);
            pool.Give(spoke.Pod);
            ended.Far.Shutdown(SocketShutdown.Send);
            spoke.Far.Send("x"u8);
            return pool.Take(Pod);
        }));
        Assert.Equal((true, true, 0), await loop.RunAsync(() => (ended.Pod.Socket.IsClosed, spoke.Pod.Socket.IsClosed, pool.Count)));
    }

    [Fact]
    public async Task A_connection_is_closed_when_it_was_idle_for_a_minute_and_one_that_was_used_meanwhile_is_not()
    {
        var time = new FakeTimeProvider();
        using var loop = LoopWork.Start(time);
        var pool = new PodPool(loop);
        var (idle, used) = (Open(loop, Pod), Open(loop, Pod));
        await loop.RunAsync(() =>
        {
            pool.Give(idle.Pod);
            pool.Give(used.Pod);
        });
        for (var second = 0; second < 70; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await loop.RunAsync(() =>
            {
                if (second == 30)
                {
                    pool.Give(pool.Take(Pod)!);
                }

                Assert.True(second > 57 || !idle.Pod.Socket.IsClosed, $"closed after {second} s");
            });
        }

        Assert.Equal((true, false, 1), await loop.RunAsync(() => (idle.Pod.Socket.IsClosed, used.Pod.Socket.IsClosed, pool.Count)));
    }

    [Fact]
    public async Task What_is_above_the_bound_or_comes_after_the_end_is_closed()
    {
        using var loop = LoopWork.Start();
        await loop.RunAsync(() =>
        {
            var pool = new PodPool(loop);
            var all = Enumerable.Range(0, PodPool.MaxIdle + 1).Select(_ => Open(loop, Pod).Pod).ToList();
            all.ForEach(pool.Give);
            Assert.Equal(PodPool.MaxIdle, pool.Count);
            Assert.True(Assert.Single(all, p => p.Socket.IsClosed) == all[^1]);

            pool.Close();
            var late = Open(loop, Pod).Pod;
            pool.Give(late);

            Assert.All(all.Append(late), p => Assert.True(p.Socket.IsClosed));
            Assert.Equal((0, 0), (pool.Count, loop.Timers.Count));
        });
    }

    private static (Socket Far, KeptPod Pod) Open(EventLoop loop, EndPoint target)
    {
        var (far, near) = SocketPair.Open();
        return (far, new KeptPod(new StreamSocket(loop, new BareSocket(near, null)), target));
    }
}
