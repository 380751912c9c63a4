using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Tests.Transport.Loops;
using WsIngress.Tests.Transport.Support;
using WsIngress.Tests.Transport.Tls;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;
using Xunit;

namespace WsIngress.Tests.Transport.Listening;

/// <summary>Connections up to their first byte: how long they may take, and what becomes of those that never say anything.</summary>
public sealed class EpollListenerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestAuthority _authority = new();
    private readonly TlsServer _tls;
    private readonly LoopGroup _loops;
    private readonly List<Socket> _clients = [];
    private EpollListener? _listener;

    public EpollListenerTests()
    {
        _loops = new LoopGroup(2, _time, NullLogger.Instance);
        _tls = TlsRig.Server(_authority.Issue("a.example").ForTransport());
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }

        _loops.Dispose();
        _tls.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed_when_its_time_is_over_and_not_before()
    {
        Socket silent = await ConnectAsync(Listen());
        await WatchedAsync();
        _time.Advance(TimeSpan.FromSeconds(74));
        Assert.False(silent.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead));

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(0, await ReceiveAsync(silent));
        Assert.Equal(0, _loops.Loops.Sum(l => l.SocketCount) - _loops.Loops.Count);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7", false, 5)]
    [InlineData("", true, 10)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001", true, 10)]
    public async Task A_connection_that_stops_in_the_middle_is_closed_when_its_time_is_over(string sent, bool tls, int seconds)
    {
        Socket slow = await ConnectAsync(Listen(new EpollOptions { ProxyProtocolPeers = tls ? [] : [IPNetwork.Parse("127.0.0.0/8")] }, tls));
        slow.Send([.. sent.Select(c => (byte)c)]);
        await WatchedAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.False(slow.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead));

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(0, await ReceiveAsync(slow));
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\n\r\n", null)]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\nPOST / HTTP/1.1\r\n\r\n", "192.0.2.7")]
    public async Task A_request_that_comes_byte_by_byte_from_a_load_balancer_arrives_whole(string sent, string? source)
    {
        EpollListener listener = Listen(new EpollOptions { ProxyProtocolPeers = [IPNetwork.Parse("127.0.0.0/8")] });
        Socket client = await ConnectAsync(listener);
        foreach (char c in sent)
        {
            client.Send([(byte)c]);
            await Task.Yield();
        }

        ConnectionContext connection = (await listener.AcceptAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)))!;
        string arrived = "";
        while (!arrived.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await connection.Transport.Input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            Assert.False(read.IsCompleted, arrived);
            arrived = System.Text.Encoding.ASCII.GetString(read.Buffer.ToArray());
            connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        Assert.Equal("POST / HTTP/1.1\r\n\r\n", arrived);
        Assert.Equal(source ?? "127.0.0.1", ((IPEndPoint)connection.RemoteEndPoint!).Address.ToString());
        connection.Abort();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task An_unbind_closes_those_that_have_said_nothing_and_takes_no_more()
    {
        EpollListener listener = Listen();
        Socket[] silent = [.. await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync(listener)))];

        await listener.UnbindAsync();

        foreach (Socket socket in silent)
        {
            Assert.Equal(0, await ReceiveAsync(socket));
        }

        Assert.Null(await listener.AcceptAsync());
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener));
        Assert.Equal(0, _loops.Loops.Sum(l => l.SocketCount));
    }

    [Fact]
    public async Task Clients_that_reset_before_they_are_looked_at_cost_nobody_else()
    {
        EpollListener listener = Listen();
        for (int i = 0; i < 200; i++)
        {
            Socket gone = await ConnectAsync(listener);
            if (i % 2 == 0)
            {
                gone.Send([1]);
            }

            gone.Reset();
        }

        Socket sound = await ConnectAsync(listener);
        sound.Send("GET / HTTP/1.1\r\n\r\n"u8);

        // Those that had said something were given on; the sound one comes behind them.
        while (true)
        {
            ConnectionContext connection = (await listener.AcceptAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)))!;
            bool isSound = ((IPEndPoint)connection.RemoteEndPoint!).Port == ((IPEndPoint)sound.LocalEndPoint!).Port;
            connection.Abort();
            await connection.DisposeAsync();
            if (isSound)
            {
                break;
            }
        }

        await LoopWork.Until(() => _loops.Loops.Sum(l => l.SocketCount) == _loops.Loops.Count);
    }

    private EpollListener Listen(EpollOptions? options = null, bool tls = false)
    {
        IPEndPoint endPoint = tls ? new TlsEndPoint(IPAddress.Loopback, 0) : new IPEndPoint(IPAddress.Loopback, 0);
        _listener = new EpollListener(
            endPoint, _loops, (options ?? new EpollOptions()) with { AcceptTls = _tls.Accept }, new HttpPipes(MemoryPool<byte>.Shared, 64 * 1024), NullLogger.Instance);
        return _listener;
    }

    private async Task<Socket> ConnectAsync(EpollListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (_clients)
        {
            _clients.Add(socket);
        }

        await socket.ConnectAsync((IPEndPoint)listener.EndPoint);
        return socket;
    }

    /// <summary>Until the loops watch the listening sockets and one connection.</summary>
    private Task WatchedAsync() => LoopWork.Until(() => _loops.Loops.Sum(l => l.SocketCount) == _loops.Loops.Count + 1 && _loops.Loops.Any(l => l.Timers.Count == 1));

    private static async Task<int> ReceiveAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[100]).WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
