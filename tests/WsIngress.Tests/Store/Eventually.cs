using System.Runtime.CompilerServices;
using Xunit;

namespace WsIngress.Tests.Store;

/// <summary>Waits for what another thread is about to do; used where that thread has no signal of its own.</summary>
internal static class Eventually
{
    public static async Task True(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), "never became true: " + text);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Waits for a fifth of a second at most.</summary>
    public static async Task SoonAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition() && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMilliseconds(200))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
