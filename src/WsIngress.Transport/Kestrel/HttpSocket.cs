using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>The socket under an <see cref="HttpConnection"/>.</summary>
internal sealed class HttpSocket(HttpConnection connection, EventLoop loop, BareSocket socket) : LoopSocket(loop, socket)
{
    public override void OnEvents(uint events) => connection.OnEvents(events);

    public override void OnDefect(Exception defect) => connection.OnDefect(defect);
}

/// <summary>After the server's last byte the client gets this long to end its half: what it still sends is read and dropped.</summary>
internal sealed class LingerTimer(HttpConnection connection) : LoopTimer
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public override void OnDue() => connection.CloseNow();
}
