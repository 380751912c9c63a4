using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Handshake;
using WsIngress.Routing;
using WsIngress.Transport.Loops;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>The two times of a handshake: each attempt to connect has its own, and the whole has another.</summary>
public sealed class HandshakeLimitTests
{
    [Fact]
    public async Task A_pod_that_never_connects_costs_its_time_and_the_next_one_has_a_time_of_its_own()
    {
        var time = new FakeTimeProvider();
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        using var certificates = new TestCertificates();
        using var certificate = certificates.Issue(TestCertificates.PodName);
        await using var pod = RawPod.Start(c => c.EchoAsync(), certificate);
        await using var proxy = await TestProxy.StartAsync(time: time);
        var unreachable = new Endpoint { Address = "127.0.0.1", Port = ((IPEndPoint)deaf.LocalEndpoint).Port, PodUid = "uid-deaf" };
        proxy.Publish([unreachable, pod.Endpoint], new RoutePolicy { ConnectTimeout = TimeSpan.FromSeconds(2) }, new BackendPolicy { Protocol = BackendProtocol.Https });

        // The second at the latest: an open socket makes the other pod the emptier one.
        var dialled = deaf.AcceptSocketAsync();
        var open = new List<RawHandshake>();
        while (!dialled.IsCompleted)
        {
            Assert.True(open.Count < 2, "the deaf pod was not asked");
            var opening = RawHandshake.OpenAsync(proxy);
            if (await Task.WhenAny(opening, dialled) == dialled)
            {
                time.Advance(TimeSpan.FromSeconds(3));
            }

            open.Add(await opening);
        }

        (await dialled).Dispose();
        Assert.All(open, socket => Assert.True(socket.IsOpen, $"status {socket.Status}"));
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Tries == 2));
        foreach (var socket in open)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_pod_that_has_connected_has_the_time_of_the_handshake_for_its_answer()
    {
        var time = new FakeTimeProvider();
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        await using var pod = RawPod.Start(async connection =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await late.Task;
            }

            await connection.EchoAsync();
        });
        await using var proxy = await TestProxy.StartAsync(time: time);
        proxy.Publish([pod.Endpoint], new RoutePolicy { ConnectTimeout = TimeSpan.FromSeconds(1), WebSocket = new() { HandshakeTimeout = TimeSpan.FromSeconds(30) } });
        var slow = RawHandshake.OpenAsync(proxy);
        await Settled.TrueAsync(() => Volatile.Read(ref asked) == 1, () => "the pod was not asked");
        for (var i = 0; i < 5; i++)
        {
            // Whatever is due on the loops is done when they have served others.
            time.Advance(TimeSpan.FromSeconds(1));
            await using var quick = await RawHandshake.OpenAsync(proxy);
            Assert.True(quick.IsOpen);
        }

        late.SetResult();
        await using var socket = await slow;
        Assert.True(socket.IsOpen, $"status {socket.Status}");
    }

    [Fact]
    public async Task A_handshake_that_is_over_leaves_no_timer_behind()
    {
        using var loop = new EventLoop(0, new FakeTimeProvider(), NullLogger.Instance);
        await loop.SwitchTo();
        var limit = new HandshakeLimit(loop, loop.Time);
        limit.Begin(TimeSpan.FromSeconds(10));
        limit.BeginConnect(TimeSpan.FromSeconds(1));
        limit.EndConnect();
        var during = loop.Timers.Count;
        limit.Dispose();
        var after = loop.Timers.Count;
        await Task.Yield();
        Assert.Equal((1, 0), (during, after));
    }

    [Fact]
    public void What_follows_an_attempt_that_took_too_long_has_no_more_than_the_time_of_the_handshake()
    {
        var time = new FakeTimeProvider();
        using var limit = new HandshakeLimit(null, time);
        limit.Begin(TimeSpan.FromSeconds(10));
        limit.BeginConnect(TimeSpan.FromSeconds(9));
        time.Advance(TimeSpan.FromSeconds(9.5));
        Assert.Equal(HandshakeEnd.ConnectTimeout, limit.End);

        limit.EndConnect();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((HandshakeEnd.Timeout, true), (limit.End, limit.Token.IsCancellationRequested));
    }

    [Fact]
    public void A_client_that_leaves_when_an_attempt_has_just_ended_is_not_forgotten_by_the_next_attempt()
    {
        var time = new FakeTimeProvider();
        using var limit = new HandshakeLimit(null, time);
        limit.BeginConnect(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HandshakeEnd.ConnectTimeout, limit.End);

        limit.PeerGone();
        limit.BeginConnect(TimeSpan.FromSeconds(1));
        Assert.Equal((HandshakeEnd.ClientGone, true), (limit.End, limit.Token.IsCancellationRequested));
    }
}
