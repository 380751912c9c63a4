using WsIngress.Relay;
using WsIngress.Transport.Relaying;
using WsIngress.Transport.Streams;

namespace WsIngress.Tests.Relay.Support;

/// <summary><see cref="SocketRelay"/> over bare sockets of its loop.</summary>
internal sealed class SocketRig(RelaySession session, TimeProvider time, TestPeer client, TestPeer backend, bool narrow, bool tls)
    : WireRig(session, time, client, backend, narrow, tls)
{
    private readonly EndedRelay _end = new();

    public override void Abort()
    {
        Session.Cut();
    }

    protected override Task<RelayReport> RelayAsync(StreamSocket client, StreamSocket backend, byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        SocketRelay.Start(Loop, Session, client.HandOver(), backend.HandOver(), earlyFromClient, earlyFromBackend, _end);
        return _end.Report;
    }
}
