using System.Buffers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Tests.Store;
using WsIngress.Tests.Transport.Loops;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Loops;
using Xunit;

namespace WsIngress.Tests.Transport.Kestrel;

/// <summary>A connection in its HTTP phase; the test stands where Kestrel does.</summary>
public sealed class HttpConnectionTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly EventLoop _loop;
    private readonly Socket _client;
    private readonly HttpConnection _connection;

    public HttpConnectionTests()
    {
        _loop = new(0, _time, NullLogger.Instance);
        (_client, var near) = SocketPair.Open(buffers: 16 * 1024);
        _connection = new(_loop, new BareSocket(near, null), null, null, new HttpPipes(MemoryPool<byte>.Shared, 256 * 1024));
    }

    public void Dispose()
    {
        _loop.Dispose();
        _client.Dispose();
    }

    /// <summary>Over pipes the writer of an answer goes on in the thread pool when the client was slow: a hand-over there would use the loop's buffer beside the loop.</summary>
    [Fact]
    public async Task Only_the_loops_own_thread_can_take_the_socket_out()
    {
        await StartAsync();
        Assert.False(_connection.TryDetach(out _, out _));

        await _loop.SwitchTo();
        var taken = _connection.TryDetach(out var socket, out _);
        await Task.Yield();

        Assert.True(taken);
        Assert.NotEqual(0, socket.Descriptor);
    }

    /// <summary>Whoever reads sends more before it returns, so the socket is never empty.</summary>
    [Fact]
    public async Task A_client_that_sends_as_fast_as_it_is_read_leaves_the_loop_to_others()
    {
        await StartAsync();
        var chunk = new byte[8 * 1024];
        _client.Blocking = false;
        var stop = false;
        var reading = Task.Run(async () =>
        {
            await _loop.SwitchTo();
            while (!stop)
            {
                var read = await _connection.Transport.Input.ReadAsync();
                _connection.Transport.Input.AdvanceTo(read.Buffer.End);
                _client.Send(chunk, SocketFlags.None, out _);
            }
        });
        _client.Send(chunk);

        try
        {
            for (var turn = 0; turn < 20; turn++)
            {
                await _loop.RunAsync(() => { }).WaitAsync(TimeSpan.FromSeconds(20));
            }
        }
        finally
        {
            stop = true;
        }

        await reading.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_client_that_does_not_take_the_last_answer_is_cut_and_one_that_is_slow_is_not()
    {
        await StartAsync();
        _connection.Transport.Output.Write(new byte[200 * 1024]);
        await _connection.Transport.Output.FlushAsync();
        var disposing = Task.Run(async () => await _connection.DisposeAsync());
        await Eventually.True(() => TimersAsync().Result == 1);

        _time.Advance(StallTimer.Limit - TimeSpan.FromSeconds(1));
        await TakeAsync(_client, 64 * 1024);
        _time.Advance(TimeSpan.FromSeconds(2));

        // Timers are called at the end of a turn, so the second look sees what the first turn did.
        await TimersAsync();
        Assert.Equal((1, false), (await TimersAsync(), disposing.IsCompleted));

        _time.Advance(StallTimer.Limit + TimeSpan.FromSeconds(1));
        await disposing.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, await TimersAsync());
    }

    /// <summary>The kernel tells of room when a third of its buffer is free: of a slow client that may be minutes after the last byte it took.</summary>
    [Theory]
    [InlineData(0, 100, false)]
    [InlineData(0, 99, true)]
    [InlineData(1, 100, true)]
    [InlineData(0, 101, false)]
    public async Task A_client_that_empties_the_kernels_buffer_is_slow_and_not_gone(long sent, int queued, bool lives)
    {
        var (seen, cuts) = ((0L, 100), 0);
        await _loop.RunAsync(() => new StallTimer(_loop, () => seen, () => cuts++).Begin());
        seen = (sent, queued);
        _time.Advance(StallTimer.Limit + TimeSpan.FromSeconds(1));
        await TimersAsync();

        Assert.Equal((lives ? 1 : 0, lives ? 0 : 1), (await TimersAsync(), cuts));
    }

    private Task StartAsync() => _loop.RunAsync(() => _connection.Start([]));

    private async Task<int> TimersAsync()
    {
        var count = 0;
        await _loop.RunAsync(() => count = _loop.Timers.Count);
        return count;
    }

    private static async Task TakeAsync(Socket client, int count)
    {
        for (var taken = 0; taken < count;)
        {
            taken += await client.ReceiveAsync(new byte[4096]);
        }
    }
}
