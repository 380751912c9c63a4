using Microsoft.AspNetCore.Connections;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>How a connection ends: with Kestrel's last bytes sent and what still comes read away, or at once.</summary>
internal sealed partial class HttpConnection
{
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Loop.Post(static state => ((HttpConnection)state!).AbortNow(), this);
    }

    public override void Abort() => Abort(new ConnectionAbortedException());

    /// <summary>Kestrel is done with the connection: what it wrote is sent, then the connection ends.</summary>
    public override async ValueTask DisposeAsync()
    {
        // Before the sender is awaited: Kestrel has completed neither, and the sender waits for that.
        await _pipes.Input.CompleteAsync().ConfigureAwait(false);
        await _pipes.Output.CompleteAsync().ConfigureAwait(false);
        await SentAsync().ConfigureAwait(false);
        await Loop.SwitchTo();
        if (!_detached)
        {
            Linger();
            await _gone.Task.ConfigureAwait(false);
        }

        _closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// All that Kestrel wrote is with the kernel, or never will be. No limit of HTTP counts any more, so one of the connection's own does.
    /// </summary>
    private async Task SentAsync()
    {
        if (!_sending.IsCompleted)
        {
            await Loop.SwitchTo();
            if (!_sending.IsCompleted && !_socket.IsClosed)
            {
                var stall = new StallTimer(Loop, () => (_sender!.Sent, _sender.Queued), CloseNow);
                stall.Begin();
                await _sending.ConfigureAwait(false);
                await Loop.SwitchTo();
                Loop.Timers.Clear(stall);
            }
        }

        await _sending.ConfigureAwait(false);
    }

    internal void CloseNow()
    {
        if (_linger is { } linger)
        {
            Loop.Timers.Clear(linger);
        }

        _socket.Close();
        _sender?.Stop();
        EndInput(null);
        _gone.TrySetResult();
    }

    /// <summary>The sender found the connection broken.</summary>
    internal void SendFailed(string cause) => EndInput(new ConnectionResetException(cause));

    private void AbortNow()
    {
        if (_detached)
        {
            return;
        }

        EndInput(new ConnectionAbortedException());
        CloseNow();
    }

    private void EndInput(Exception? error)
    {
        _inputEnded = true;
        if (_closedFired)
        {
            return;
        }

        _closedFired = true;
        _input.Writer.Complete(error);
        ThreadPool.UnsafeQueueUserWorkItem(static source => Cancel(source), _closed, preferLocal: false);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection was disposed meanwhile: nobody listens.
        }
    }

    /// <summary>
    /// Ends the write half and reads on for a while: closing a socket with unread bytes resets it, and the reset destroys the answer on its way.
    /// </summary>
    private void Linger()
    {
        if (_socket.IsClosed || (_inputEnded && _closedFired))
        {
            CloseNow();
            return;
        }

        _socket.ShutdownWrite();
        _linger = new LingerTimer(this);
        Loop.Timers.Set(_linger, LingerTimer.Limit);
        DropInput();
        UpdateWatch();
    }

    private void DropInput()
    {
        for (int reads = 0; reads < 8 && !_socket.IsClosed; reads++)
        {
            int count = _socket.Read(Loop.ReadBuffer);
            if (count is IoResult.WantRead or IoResult.WantWrite)
            {
                return;
            }

            if (count <= 0)
            {
                CloseNow();
                return;
            }
        }
    }
}
