using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>The socket under an <see cref="HttpConnection"/>.</summary>
internal sealed class HttpSocket(HttpConnection connection, EventLoop loop, BareSocket socket) : LoopSocket(loop, socket)
{
    public override void OnEvents(uint events) => connection.OnEvents(events);

    public override void OnDefect(Exception defect) => connection.OnDefect(defect);
}

/// <summary>Ends a connection that the server is done with and whose client does not take the last bytes.</summary>
/// <param name="loop">Whose thread this is.</param>
/// <param name="look">Bytes that the kernel has taken so far, and those of them that the client has not acknowledged.</param>
/// <param name="cut">Ends it.</param>
internal sealed class StallTimer(EventLoop loop, Func<(long Sent, int Queued)> look, Action cut) : LoopTimer
{
    /// <summary>Without a byte that the client took.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private (long Sent, int Queued) _last;

    public void Begin()
    {
        _last = look();
        loop.Timers.Set(this, Limit);
    }

    public override void OnDue()
    {
        var now = look();
        if (now.Sent == _last.Sent && now.Queued >= _last.Queued)
        {
            cut();
            return;
        }

        _last = now;
        loop.Timers.Set(this, Limit);
    }
}

/// <summary>After the server's last byte the client gets this long to end its half: what it still sends is read and dropped.</summary>
internal sealed class LingerTimer(HttpConnection connection) : LoopTimer
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public override void OnDue() => connection.CloseNow();
}
