using WsIngress.Relay;
using WsIngress.Transport.Streams;

namespace WsIngress.Tests.Relay.Support;

/// <summary><see cref="StreamRelay"/> over streams of a loop.</summary>
internal sealed class LoopStreamRig(RelaySession session, TimeProvider time, TestPeer client, TestPeer backend, bool narrow)
    : WireRig(session, time, client, backend, narrow, tls: true)
{
    private readonly CancellationTokenSource _abort = new();

    public override void Abort()
    {
        _abort.Cancel();
    }

    protected override Task<RelayReport> RelayAsync(StreamSocket client, StreamSocket backend, byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        var (toClient, toBackend) = (new LoopStream(client), new LoopStream(backend));
        return StreamRelay.RunAsync(
            Session, new RelayEnd(toClient, toClient.ShutdownWriteAsync), new RelayEnd(toBackend, toBackend.ShutdownWriteAsync), earlyFromClient, earlyFromBackend, _abort.Token);
    }

    protected override void End()
    {
        _abort.Dispose();
    }
}
