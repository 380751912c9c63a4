using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Handshakes with pods that have a pace.</summary>
internal static class Paced
{
    public static BackendPolicy PerPod(double rate, int burst = 0, int queue = 100, TimeSpan? timeout = null) =>
        new() { Pace = new() { Rate = rate, Burst = burst, Queue = queue, QueueTimeout = timeout ?? TimeSpan.FromSeconds(1) } };

    public static int Waiting(TestProxy proxy) => proxy.Plane.WaitingHandshakes.Sum(w => w.Count);

    public static Task WaitingAsync(TestProxy proxy, int count) => Settled.TrueAsync(() => Waiting(proxy) == count, () => $"{Waiting(proxy)} wait, not {count}");

    public static int Count(List<int> list)
    {
        lock (list)
        {
            return list.Count;
        }
    }

    /// <summary>One after the other.</summary>
    public static async Task<List<RawHandshake>> OpenAsync(TestProxy proxy, int count, WsVia via = WsVia.Http1)
    {
        var open = new List<RawHandshake>();
        for (var i = 0; i < count; i++)
        {
            open.Add(await RawHandshake.OpenAsync(proxy, via));
        }

        return open;
    }

    public static async Task CloseAsync(IEnumerable<RawHandshake> sockets)
    {
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    /// <summary>Moves the clock on by small steps, each with the time for what it brings, until the condition holds.</summary>
    public static async Task RunAsync(FakeTimeProvider time, Func<bool> until, TimeSpan? step = null, Func<Task>? meanwhile = null)
    {
        var patience = Stopwatch.StartNew();
        while (!until())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), "it did not come about");
            time.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            if (meanwhile is not null)
            {
                await meanwhile();
            }
        }
    }
}
