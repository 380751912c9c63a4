using System.Collections.Concurrent;
using System.Net.Sockets;
using WsIngress.Proxy;
using WsIngress.Routing;

namespace WsIngress.Tests.Proxy;

/// <summary>A pod that answers request after request on each of its connections, which are numbered.</summary>
internal sealed class ScriptedPod : IAsyncDisposable
{
    private readonly RawPod _pod;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections = -1;

    public ScriptedPod(Func<string, ScriptedConnection, Task> answer, int requests = int.MaxValue)
    {
        _pod = RawPod.Start(async raw =>
        {
            var connection = new ScriptedConnection(raw, Interlocked.Increment(ref _connections));
            try
            {
                var head = raw.Head;
                for (var i = 0; i < requests; i++)
                {
                    var line = head.Split(' ');
                    Seen.Enqueue($"{connection.Number} {line[0]} {line[1]}");
                    await answer(line[1], connection);
                    head = i + 1 < requests ? await RawPod.ReadHeadAsync(raw.Stream, raw.Stop) : "";
                }
            }
            finally
            {
                _ended.TrySetResult();
            }
        });
    }

    public ConcurrentQueue<string> Seen { get; } = new();

    public int Port => _pod.Port;

    /// <summary>Some connection has ended.</summary>
    public Task Ended => _ended.Task;

    public async Task<TestProxy> ProxyAsync(RoutePolicy? policy = null, Func<ProxyOptions, ProxyOptions>? configure = null)
    {
        // One loop, so that all clients may use all connections.
        var proxy = await TestProxy.StartAsync(o => (configure?.Invoke(o) ?? o) with { Loops = 1 });
        proxy.Publish([_pod.Endpoint], policy);
        return proxy;
    }

    public ValueTask DisposeAsync() => _pod.DisposeAsync();
}

/// <summary>One of its connections.</summary>
internal sealed class ScriptedConnection(RawPodConnection raw, int number)
{
    public int Number => number;

    public CancellationToken Stop => raw.Stop;

    public Task SendAsync(string text) => raw.SendAsync(text);

    public Task HangAsync() => raw.HangAsync();

    /// <summary>Ends the connection; what the client sends next is never read.</summary>
    public async Task EndAsync()
    {
        raw.Socket.Shutdown(SocketShutdown.Both);
        await raw.Stream.DisposeAsync();
    }

    /// <summary>Reads until the other end is gone.</summary>
    public async Task UntilEndAsync()
    {
        var buffer = new byte[100];
        while (await raw.Stream.ReadAsync(buffer, raw.Stop) > 0)
        {
        }

        throw new IOException("the other end is gone");
    }
}
