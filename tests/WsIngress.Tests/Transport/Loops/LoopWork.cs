using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Transport.Loops;

namespace WsIngress.Tests.Transport.Loops;

/// <summary>A timer that counts its calls.</summary>
internal sealed class CountedTimer(Action? then = null) : LoopTimer
{
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public override void OnDue()
    {
        Interlocked.Increment(ref _calls);
        then?.Invoke();
    }
}

/// <summary>Work on a loop, awaited.</summary>
internal static class LoopWork
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    public static EventLoop Start(TimeProvider? time = null, ILogger? logger = null) => new(0, time ?? TimeProvider.System, logger ?? NullLogger.Instance);

    public static Task RunAsync(this EventLoop loop, Action work) => loop.RunAsync(() =>
    {
        work();
        return true;
    });

    public static Task<T> RunAsync<T>(this EventLoop loop, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(
            _ =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            },
            null);
        return done.Task.WaitAsync(Hang);
    }

    /// <summary>Gives way until the condition holds.</summary>
    public static async Task Until(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Hang)
            {
                throw new TimeoutException("the condition never came true");
            }

            await Task.Yield();
        }
    }
}
