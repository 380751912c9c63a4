using WsIngress.Relay;

namespace WsIngress.Tests.Relay.Support;

/// <summary><see cref="StreamRelay"/> right on the lanes.</summary>
internal sealed class StreamRig(RelaySession session, TestPeer client, TestPeer backend) : IRelayRig
{
    private readonly CancellationTokenSource _abort = new();
    private readonly LaneStream _client = new(client.Out, client.In);
    private readonly LaneStream _backend = new(backend.Out, backend.In);

    public bool BothClosed => _client.Disposed && _backend.Disposed;

    public Task<RelayReport> Start(byte[] earlyFromClient, byte[] earlyFromBackend)
    {
        return StreamRelay.RunAsync(
            session,
            new RelayEnd(_client, Shutdown(client.In)),
            new RelayEnd(_backend, Shutdown(backend.In)),
            earlyFromClient,
            earlyFromBackend,
            _abort.Token);
    }

    public void Abort()
    {
        _abort.Cancel();
    }

    public ValueTask DisposeAsync()
    {
        _abort.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Func<ValueTask> Shutdown(Lane lane)
    {
        return () =>
        {
            lane.Complete();
            return ValueTask.CompletedTask;
        };
    }
}
