namespace WsIngress.Relay;

/// <summary>Moves the bytes of one session and carries out its decisions.</summary>
internal interface IRelayDriver
{
    /// <summary>True if it calls <see cref="RelaySession.Check"/> itself when that is due.</summary>
    bool KeepsTime { get; }

    /// <summary>The session may have something to do: called from any thread, any number of times, also by the driver's own calls.</summary>
    void Changed();
}
