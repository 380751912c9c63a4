using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Relay;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Relaying;

namespace WsIngress.Tests.Relay.Support;

/// <summary><see cref="SocketRelay"/> on a loop of its own; each peer's lanes are carried over a TCP connection.</summary>
internal sealed class SocketRig : IRelayRig
{
    /// <summary>One read of the loop, and what the kernel holds behind it in small buffers; the bridge has one of its own.</summary>
    public const int MostPending = (64 + 64 + 16) * 1024;

    private readonly EndedRelay _end = new();
    private readonly RelaySession _session;
    private readonly LaneBridge _client;
    private readonly LaneBridge _backend;
    private (byte[] FromClient, byte[] FromBackend) _early;
    private bool _started;

    public SocketRig(RelaySession session, TimeProvider time, TestPeer client, TestPeer backend, bool narrow)
    {
        _session = session;
        Loop = new EventLoop(0, time, NullLogger.Instance);
        Faults = SendFaults.On(Loop);
        _client = new LaneBridge(client, narrow);
        _backend = new LaneBridge(backend, narrow);
    }

    public EventLoop Loop { get; }

    public SendFaults Faults { get; }

    public bool BothClosed => _client.NearIsClosed && _backend.NearIsClosed;

    public Task<RelayReport> Start(byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        _started = true;
        _early = (earlyFromClient, earlyFromBackend);
        foreach (LaneBridge bridge in (LaneBridge[])[_client, _backend])
        {
            if (bridge.Peer.In.FailWriteAt < long.MaxValue)
            {
                Faults.BreakAfter(bridge.Near, bridge.Peer.In.FailWriteAt);
            }
        }

        Loop.Post(static state => ((SocketRig)state!).Begin(), this);
        _client.Start();
        _backend.Start();
        return _end.Report;
    }

    public void Abort()
    {
        _session.Cut();
    }

    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            _session.Cut();
            await RelayHarness.Guard(_end.Report);
        }

        await _client.DisposeAsync(closeNear: !_started);
        await _backend.DisposeAsync(closeNear: !_started);
        Faults.Dispose();
        Loop.Dispose();
    }

    private void Begin()
    {
        var (fromClient, fromBackend) = _early;
        _early = default;
        SocketRelay.Start(Loop, _session, new BareSocket(_client.Near, null), new BareSocket(_backend.Near, null), fromClient, fromBackend, _end);
    }
}
