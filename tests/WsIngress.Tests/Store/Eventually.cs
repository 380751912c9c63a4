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
}
