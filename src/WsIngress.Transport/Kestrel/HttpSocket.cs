using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>The socket under an <see cref="HttpConnection"/>.</summary>
internal sealed class HttpSocket(HttpConnection connection, EventLoop loop, BareSocket socket) : LoopSocket(loop, socket)
{
    public override void OnEvents(uint events) => connection.OnEvents(events);

    public override void OnDefect(Exception defect) => connection.OnDefect(defect);
}

/// <summary>Ends a connection that the server is done with and whose client does not take the last bytes.</summary>
internal sealed class StallTimer(HttpConnection connection, HttpSender sender) : LoopTimer
{
    /// <summary>Without a byte that the client took.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private long _sent = sender.Sent;

    public void Begin() => connection.Loop.Timers.Set(this, Limit);

    public override void OnDue()
    {
        if (sender.Sent == _sent)
        {
            connection.CloseNow();
            return;
        }

        _sent = sender.Sent;
        Begin();
    }
}

/// <summary>After the server's last byte the client gets this long to end its half: what it still sends is read and dropped.</summary>
internal sealed class LingerTimer(HttpConnection connection) : LoopTimer
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public override void OnDue() => connection.CloseNow();
}
