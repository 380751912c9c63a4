using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace WsIngress.Transport.Loops;

/// <summary>Runs a pipe's continuations on the loop: at once when they arise there, so that a flush inside a handler is sent inside that handler.</summary>
internal sealed class LoopScheduler(EventLoop loop) : PipeScheduler
{
    public override void Schedule(Action<object?> action, object? state)
    {
        if (loop.IsCurrent)
        {
            action(state);
        }
        else
        {
            loop.Post(action, state);
        }
    }
}

/// <summary>Awaited, continues on the loop's thread.</summary>
internal readonly struct LoopSwitch(EventLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => loop.IsCurrent;

    public LoopSwitch GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => loop.Post(static state => ((Action)state!)(), continuation);
}
