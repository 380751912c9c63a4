using System.Net;
using System.Net.Sockets;
using WsIngress.Relay;
using WsIngress.Routing;
using WsIngress.Tests.Transport.Support;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Clients that leave at every point of their way, over cleartext and TLS. Afterwards nothing is held, and the next client is served.</summary>
public sealed class HostilePeerTests
{
    private const int Rounds = 10;

    private const string Head = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + RawHandshake.Key + "\r\n\r\n";

    /// <summary>Where a client may be when it goes.</summary>
    public static TheoryData<WsVia, string, bool> Departures()
    {
        var rows = new TheoryData<WsVia, string, bool>();
        foreach (var via in (WsVia[])[WsVia.Http1, WsVia.Tls1])
        {
            foreach (var phase in (string[])["accepted", "half a head", "before the pod has answered", "right after 101", "inside a frame", "behind a message"])
            {
                rows.Add(via, phase, true);
                rows.Add(via, phase, false);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Departures))]
    public async Task A_client_that_leaves_leaves_nothing_behind(WsVia via, string phase, bool reset)
    {
        var asked = new SemaphoreSlim(0);
        await using var pod = RawPod.Start(async c =>
        {
            asked.Release();
            if (phase == "before the pod has answered" && !c.Head.Contains("/patient", StringComparison.Ordinal))
            {
                await c.HangAsync();
            }

            await c.EchoAsync();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);

        for (var i = 0; i < Rounds; i++)
        {
            await using var client = await RawHandshake.ConnectAsync(proxy, via == WsVia.Tls1);
            await GoToAsync(client, phase, asked);
            await LeaveAsync(client, reset);
        }

        await Settled.NothingIsHeldAsync(proxy);
        await AssertServesAsync(proxy, via);
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    public async Task A_client_that_leaves_while_its_pod_is_dialled_leaves_nothing_behind(WsVia via)
    {
        using var full = new FullListener();
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([full.Endpoint]);
        for (var i = 0; i < 3; i++)
        {
            await using var client = await RawHandshake.ConnectAsync(proxy, via == WsVia.Tls1);
            await client.WriteAsync(Head);
            await Settled.TrueAsync(() => Settled.Load(proxy) == 1, () => $"load {Settled.Load(proxy)}");
            client.Reset();
            await Settled.TrueAsync(() => Settled.Load(proxy) == 0, () => $"load {Settled.Load(proxy)}");
        }

        await Settled.NothingIsHeldAsync(proxy);
        proxy.Publish([pod.Endpoint]);
        await AssertServesAsync(proxy, via);
    }

    [Theory]
    [InlineData(WsVia.Http1, "at its accept")]
    [InlineData(WsVia.Http1, "without an answer")]
    [InlineData(WsVia.Http1, "inside its head")]
    [InlineData(WsVia.Tls1, "at its accept")]
    [InlineData(WsVia.Tls1, "without an answer")]
    [InlineData(WsVia.Tls1, "inside its head")]
    public async Task A_pod_that_is_reset_before_its_101_is_a_502(WsVia via, string phase)
    {
        using var resetting = new ResettingListener();
        await using var pod = RawPod.Start(async c =>
        {
            if (phase == "inside its head")
            {
                await c.SendAsync(RawPodConnection.Switch[..40]);
            }

            c.Reset();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([phase == "at its accept" ? resetting.Endpoint : pod.Endpoint]);

        for (var i = 0; i < Rounds; i++)
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via);
            Assert.Equal(502, client.Status);
        }

        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData(WsVia.Http1, true)]
    [InlineData(WsVia.Http1, false)]
    [InlineData(WsVia.Tls1, true)]
    [InlineData(WsVia.Tls1, false)]
    public async Task A_pod_that_dies_between_101_and_its_first_byte_is_told_to_the_client(WsVia via, bool reset)
    {
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            if (reset)
            {
                c.Reset();
            }
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);

        for (var i = 0; i < Rounds; i++)
        {
            await using var client = await RawHandshake.OpenAsync(proxy, via);

            // A reset may overtake the 101 itself: then there never was a socket.
            if (reset && client.Status == 502)
            {
                continue;
            }

            Assert.True(client.IsOpen, $"status {client.Status}");
            var close = await client.ReadFrameAsync();
            Assert.Equal((1011, "backend-lost"), (close!.CloseCode, close.CloseReason));
            await AnswerCloseAsync(client);
            Assert.Null(await client.ReadFrameAsync());
        }

        await Settled.NothingIsHeldAsync(proxy);
        Assert.All(proxy.Telemetry.Closed, closed => Assert.Equal(RelayOutcome.BackendLost, closed.Report.Outcome));
    }

    [Theory]
    [InlineData(WsVia.Http1)]
    [InlineData(WsVia.Tls1)]
    public async Task A_pod_that_is_reset_inside_a_frame_ends_the_client_without_a_Close_in_it(WsVia via)
    {
        var half = Frame.OfText(new string('h', 100), masked: false)[..50];
        await using var pod = RawPod.Start(async c =>
        {
            await c.SendAsync(RawPodConnection.Switch);
            await c.SendAsync(half);
            Assert.NotNull(await Frame.ReadAsync(c.Stream, c.Stop));
            c.Reset();
        });
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var client = await RawHandshake.OpenAsync(proxy, via);
        var got = new byte[half.Length];
        await client.Stream.ReadExactlyAsync(got);
        await client.WriteAsync(Frame.OfText("die", masked: true));

        Assert.Equal(half, got);
        Assert.Equal(0, await ReadOrEndAsync(client.Stream));
        await client.DisposeAsync();
        Assert.Equal(RelayOutcome.BackendLost, (await proxy.Telemetry.OneReportAsync()).Outcome);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Fact]
    public async Task A_client_may_close_at_any_moment_of_its_detachment()
    {
        await using var pod = RawPod.Start(c => c.EchoAsync());
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        var random = new Random(11);
        for (var i = 0; i < 40; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LeaveSomewhereAsync(proxy, random.Next(0, 3000), random.Next(3))));
        }

        await Settled.NothingIsHeldAsync(proxy);
        Assert.All(proxy.Telemetry.Handshakes, h => Assert.Contains(h.Status, (int[])[101, 499]));
        await AssertServesAsync(proxy, WsVia.Http1);
    }

    private static async Task GoToAsync(RawHandshake client, string phase, SemaphoreSlim asked)
    {
        switch (phase)
        {
            case "accepted":
                return;
            case "half a head":
                await client.WriteAsync(Head[..60]);
                return;
        }

        await client.WriteAsync(Head);
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(20)));
        if (phase == "before the pod has answered")
        {
            return;
        }

        await client.ReadHeadAsync();
        Assert.Equal(101, client.Status);
        if (phase == "inside a frame")
        {
            await client.WriteAsync(Frame.OfText("half of this frame is all there is", masked: true)[..20]);
        }
        else if (phase == "behind a message")
        {
            await client.WriteAsync(Frame.OfText("echo", masked: true));
            Assert.Equal("echo", (await client.ReadFrameAsync())!.Text);
        }
    }

    private static async Task LeaveAsync(RawHandshake client, bool reset)
    {
        if (reset)
        {
            client.Reset();
        }
        else
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>Sends a handshake and leaves after a time in microseconds: by RST, by closing, or by ending its half.</summary>
    private static async Task LeaveSomewhereAsync(TestProxy proxy, int microseconds, int how)
    {
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync(Head);
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMicroseconds(microseconds))
        {
            await Task.Yield();
        }

        if (how == 0)
        {
            client.Reset();
        }
        else if (how == 1)
        {
            client.Socket!.Shutdown(SocketShutdown.Send);
            while (await ReadOrEndAsync(client.Stream) > 0)
            {
            }
        }
    }

    /// <summary>As a good client does: where the proxy cannot end its half alone, it waits for this.</summary>
    private static async Task AnswerCloseAsync(RawHandshake client)
    {
        try
        {
            await client.WriteAsync(Frame.OfClose(1011, "", masked: true));
        }
        catch (IOException)
        {
            // The proxy had ended both halves.
        }
    }

    private static async Task<int> ReadOrEndAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[4096]).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task AssertServesAsync(TestProxy proxy, WsVia via)
    {
        await using var next = await RawHandshake.OpenAsync(proxy, via, "/patient");
        Assert.True(next.IsOpen, $"status {next.Status}");
        await next.WriteAsync(Frame.OfText("next", masked: true));
        Assert.Equal("next", (await next.ReadFrameAsync())!.Text);
    }

    /// <summary>A listener whose queue is full: the kernel drops what would connect, and a dial hangs.</summary>
    private sealed class FullListener : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _waiting = [];

        public FullListener()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _waiting.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }
            }
        }

        public Endpoint Endpoint => new() { Address = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndPoint!).Port, PodUid = "uid-full", PodName = "full" };

        public void Dispose()
        {
            _waiting.ForEach(s => s.Dispose());
            _listener.Dispose();
        }
    }

    /// <summary>A pod that resets every connection as soon as it is made.</summary>
    private sealed class ResettingListener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public ResettingListener()
        {
            _listener.Start();
            _ = ResetAllAsync();
        }

        public Endpoint Endpoint => new() { Address = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, PodUid = "uid-reset", PodName = "reset" };

        public void Dispose() => _listener.Dispose();

        private async Task ResetAllAsync()
        {
            try
            {
                while (true)
                {
                    (await _listener.AcceptSocketAsync()).Reset();
                }
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException)
            {
            }
        }
    }
}
