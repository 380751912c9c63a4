using System.Threading.Tasks.Sources;

namespace WsIngress.Transport.Streams;

/// <summary>
/// One outstanding read or write of a <see cref="StreamSocket"/>, reused. It completes on the loop's thread and its awaiter continues there, at once.
/// </summary>
internal sealed class LoopOperation : IValueTaskSource<int>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<int> _core;
    private CancellationTokenRegistration _registration;

    /// <summary>True from <see cref="Begin"/> to the end; used on the loop's thread alone.</summary>
    public bool IsPending { get; private set; }

    public Memory<byte> Into { get; private set; }

    public ReadOnlyMemory<byte> From { get; set; }

    public short Version => _core.Version;

    /// <summary>Prepares the next operation, on the caller's thread; one at a time.</summary>
    public void Reset(Memory<byte> into, ReadOnlyMemory<byte> from)
    {
        _core.Reset();
        Into = into;
        From = from;
    }

    /// <summary>It has to wait, on the loop's thread.</summary>
    public void Begin(StreamSocket socket, CancellationToken cancellation)
    {
        IsPending = true;
        if (cancellation.CanBeCanceled)
        {
            _registration = cancellation.UnsafeRegister(
                static state => ((Cancellation)state!).Request(),
                new Cancellation(socket, this, _core.Version));
        }
    }

    public void Complete(int result)
    {
        Release();
        _core.SetResult(result);
    }

    public void Fail(Exception error)
    {
        Release();
        _core.SetException(error);
    }

    public int GetResult(short token) => _core.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>A wish to cancel one operation; it may arrive when that has ended and the next has begun.</summary>
    private sealed class Cancellation(StreamSocket socket, LoopOperation operation, short version)
    {
        public void Request() => socket.Loop.Post(static state => ((Cancellation)state!).Carry(), this);

        private void Carry()
        {
            if (operation.IsPending && operation.Version == version)
            {
                socket.Cancel(operation);
            }
        }
    }

    private void Release()
    {
        IsPending = false;
        Into = default;
        From = default;
        _registration.Unregister();
        _registration = default;
    }
}
