using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Asserts over what the proxy holds. The client sees the end of an answer a moment before the proxy has put everything away.</summary>
internal static class Settled
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>No socket is registered and every slot of every pod was given back.</summary>
    public static Task NothingIsHeldAsync(TestProxy proxy) => TrueAsync(
        () => proxy.Plane.Sockets.Count == 0 && proxy.Plane.ActiveRequests == 0 && Load(proxy) == 0,
        () => $"sockets {proxy.Plane.Sockets.Count}, requests {proxy.Plane.ActiveRequests}, load {Load(proxy)}");

    public static int Load(TestProxy proxy) => proxy.Plane.Tables.Backends.Sum(b => b.Endpoints.Sum(e => e.State.Load));

    public static async Task TrueAsync(Func<bool> condition, Func<string> state)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(Step, TimeProvider.System);
        }

        Assert.Fail("not settled: " + state());
    }
}
