using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Relay;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Relay.Support;

/// <summary>A driver on a loop of its own; each peer's lanes are carried over a TCP connection, on which the relay is server and client of TLS as in life.</summary>
internal abstract class WireRig : IRelayRig
{
    /// <summary>One read of the loop, and what the kernel holds behind it in small buffers; the bridge has one of its own. With TLS a record more at either end.</summary>
    public const int MostPending = (64 + 64 + 16 + 32) * 1024;

    private readonly LaneBridge _client;
    private readonly LaneBridge _backend;
    private readonly bool _tls;
    private Task _relay = Task.CompletedTask;
    private bool _started;

    protected WireRig(RelaySession session, TimeProvider time, TestPeer client, TestPeer backend, bool narrow, bool tls)
    {
        Session = session;
        Loop = new EventLoop(0, time, NullLogger.Instance);
        Faults = SendFaults.On(Loop);
        _tls = tls;
        _client = new LaneBridge(client, narrow, tls ? RelayTls.Connect : null);
        _backend = new LaneBridge(backend, narrow, tls ? RelayTls.Accept : null);
    }

    public EventLoop Loop { get; }

    public SendFaults Faults { get; }

    public bool BothClosed => _client.NearIsClosed && _backend.NearIsClosed;

    protected RelaySession Session { get; }

    public Task<RelayReport> Start(byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        _started = true;
        _client.Start();
        _backend.Start();
        var report = RunAsync(earlyFromClient, earlyFromBackend);
        _relay = report;
        return report;
    }

    public abstract void Abort();

    /// <summary>What the loop had begun when this was called is done.</summary>
    public async Task SettleAsync()
    {
        await Loop.SwitchTo();
        await Task.Yield();
    }

    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            Session.Cut();
            Abort();
            await RelayHarness.Guard(_relay);
        }

        await _client.DisposeAsync(closeNear: !_started);
        await _backend.DisposeAsync(closeNear: !_started);
        Faults.Dispose();
        Loop.Dispose();
        End();
    }

    /// <summary>Relays over the two, on the loop's thread.</summary>
    protected abstract Task<RelayReport> RelayAsync(StreamSocket client, StreamSocket backend, byte[] earlyFromClient, byte[] earlyFromBackend);

    protected virtual void End()
    {
    }

    private Task<RelayReport> RunAsync(byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        // The early bytes are arguments, and no state machine's: it would keep them as long as the relay runs.
        var early = new Early(earlyFromClient, earlyFromBackend);
        return Task.Run(() => RunAsync(early));
    }

    private async Task<RelayReport> RunAsync(Early early)
    {
        await Loop.SwitchTo();
        StreamSocket client = await ConnectAsync(_client, _tls ? RelayTls.Accept : null);
        StreamSocket backend = await ConnectAsync(_backend, _tls ? RelayTls.Connect : null);
        await Loop.SwitchTo();
        var (fromClient, fromBackend) = early.Take();
        Task<RelayReport> report = RelayAsync(client, backend, fromClient, fromBackend);
        (fromClient, fromBackend) = ([], []);
        _client.Ready();
        _backend.Ready();
        return await report.ConfigureAwait(false);
    }

    private async Task<StreamSocket> ConnectAsync(LaneBridge bridge, Func<int, TlsSession>? tls)
    {
        var socket = new StreamSocket(Loop, new BareSocket(bridge.Near, null));
        if (tls is not null)
        {
            await socket.ShakeHandsAsync(tls(bridge.Near), CancellationToken.None);
            FaultyBio.Insert(socket.Tls!, bridge.Near);
        }

        if (bridge.Peer.In.FailWriteAt < long.MaxValue)
        {
            Faults.BreakAfter(bridge.Near, bridge.Peer.In.FailWriteAt);
        }

        return socket;
    }

    private sealed class Early(byte[] fromClient, byte[] fromBackend)
    {
        private (byte[] FromClient, byte[] FromBackend) _bytes = (fromClient, fromBackend);

        public (byte[] FromClient, byte[] FromBackend) Take()
        {
            var bytes = _bytes;
            _bytes = ([], []);
            return bytes;
        }
    }
}
