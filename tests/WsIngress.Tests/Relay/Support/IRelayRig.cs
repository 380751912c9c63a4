using WsIngress.Relay;

namespace WsIngress.Tests.Relay.Support;

/// <summary>A driver set between the lanes of two played peers.</summary>
internal interface IRelayRig : IAsyncDisposable
{
    /// <summary>Both sides are closed by the driver.</summary>
    bool BothClosed { get; }

    Task<RelayReport> Start(byte[] earlyFromClient, byte[] earlyFromBackend);

    /// <summary>Has the driver end without waiting for anyone.</summary>
    void Abort();
}
