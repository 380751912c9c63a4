using WsIngress.Relay;
using WsIngress.Transport.Relaying;

namespace WsIngress.Tests.Relay.Support;

/// <summary>Waits for the end of a relay on sockets.</summary>
internal sealed class EndedRelay : ISocketRelayOwner
{
    private readonly TaskCompletionSource<RelayReport> _report = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RelayReport> Report => _report.Task;

    void ISocketRelayOwner.Ended(RelaySession session, RelayReport report)
    {
        _report.SetResult(report);
    }
}
