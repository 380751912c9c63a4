using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Kestrel;

/// <summary>Sends what Kestrel writes; it lives on the loop's thread, so that what is flushed there is sent before the flush returns.</summary>
internal sealed class HttpSender(HttpSocket socket, PipeReader output) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _room;

    /// <summary>Bytes wait until the socket is writable.</summary>
    public bool WaitsForRoom { get; private set; }

    /// <summary>Everything that was flushed is with the kernel.</summary>
    public bool IsIdle { get; private set; }

    public async Task RunAsync(HttpConnection connection)
    {
        string? failure = null;
        while (failure is null)
        {
            IsIdle = true;
            var read = await output.ReadAsync().ConfigureAwait(false);
            IsIdle = false;
            if (read.IsCanceled)
            {
                break;
            }

            var buffer = read.Buffer;
            foreach (var segment in buffer)
            {
                failure ??= await SendAsync(connection, segment).ConfigureAwait(false);
            }

            output.AdvanceTo(buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await output.CompleteAsync().ConfigureAwait(false);
        if (failure is not null)
        {
            connection.SendFailed(failure);
        }
    }

    /// <summary>Bytes that the kernel has taken.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes that the kernel has and the client has not acknowledged: a slow client's buffer empties long before there is room again.</summary>
    public int Queued => LibC.UnsentBytes(socket.Descriptor);

    /// <summary>The socket may take bytes again, or never will.</summary>
    public void Writable()
    {
        if (WaitsForRoom)
        {
            WaitsForRoom = false;
            _room.SetResult(true);
        }
    }

    /// <summary>The socket is closed: what waits fails.</summary>
    public void Stop()
    {
        output.CancelPendingRead();
        Writable();
    }

    /// <summary>Null when all is sent, else what failed.</summary>
    private async ValueTask<string?> SendAsync(HttpConnection connection, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (socket.IsClosed)
            {
                return "the connection is closed";
            }

            int count = socket.Write(bytes.Span);
            if (count > 0)
            {
                bytes = bytes[count..];
                Sent += count;
            }
            else if (count == IoResult.WantWrite || count == IoResult.WantRead)
            {
                _room.Reset();
                WaitsForRoom = true;
                connection.UpdateWatch();
                await new ValueTask(this, _room.Version).ConfigureAwait(false);
            }
            else
            {
                return socket.ErrorText;
            }
        }

        return null;
    }

    void IValueTaskSource.GetResult(short token) => _room.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _room.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _room.OnCompleted(continuation, state, token, flags);
}
