namespace WsIngress.Relay;

/// <summary>The table behind <see cref="RelayOutcome"/>: word, guilty side and Close codes (RFC 6455 §7.4.1 and the IANA registry).</summary>
/// <remarks>
/// <para>Which code goes to whom: the guilty side gets the code of its fault. A fault of the backend is, to the client, a server that met an
/// unexpected condition: 1011. To the backend, whatever ends the client's half is an endpoint going away: 1001.</para>
/// <para>1011 and not 1014 (bad gateway) for a lost backend: 1014 is younger than the RFC, and gorilla/websocket among others takes it for a
/// protocol error, so the reason would not reach the application.</para>
/// <para>Max age is 1001, not 1000: 1000 says that the purpose of the connection is fulfilled, and clients do not reconnect after it.</para>
/// </remarks>
public static class RelayOutcomes
{
    private const ushort GoingAway = 1001;
    private const ushort UnexpectedCondition = 1011;

    private static readonly (string Word, RelaySide Side, ushort Code)[] Table =
    [
        ("client-closed", RelaySide.Client, 1000),
        ("backend-closed", RelaySide.Backend, 1000),
        ("client-lost", RelaySide.Client, GoingAway),
        ("backend-lost", RelaySide.Backend, UnexpectedCondition),
        ("idle-timeout", RelaySide.Proxy, GoingAway),
        ("ping-timeout", RelaySide.Client, GoingAway),
        ("max-age", RelaySide.Proxy, GoingAway),
        ("pod-terminating", RelaySide.Backend, 1012),
        ("pod-removed", RelaySide.Backend, 1012),
        ("route-removed", RelaySide.Proxy, GoingAway),
        ("rebalance", RelaySide.Proxy, 1012),
        ("proxy-shutdown", RelaySide.Proxy, GoingAway),
        ("message-too-big", RelaySide.Client, 1009),
        ("message-rate", RelaySide.Client, 1008),
        ("slow-consumer", RelaySide.Client, 1013),
        ("protocol-error", RelaySide.Client, 1002),
        ("token-expired", RelaySide.Client, 1008),
        ("revoked", RelaySide.Client, 1008),
        ("operator", RelaySide.Proxy, GoingAway),
    ];

    /// <summary>All outcomes in the order of the list.</summary>
    public static IReadOnlyList<RelayOutcome> All { get; } = Enum.GetValues<RelayOutcome>();

    /// <summary>The stable word, in kebab case.</summary>
    public static string Word(RelayOutcome outcome)
    {
        return Table[(int)outcome].Word;
    }

    /// <summary>The side at fault where the outcome alone says it; for faults that both sides can commit, the client.</summary>
    public static RelaySide DefaultSide(RelayOutcome outcome)
    {
        return Table[(int)outcome].Side;
    }

    /// <summary>The code of the Close frame that the relay itself sends to <paramref name="receiver"/> (Client or Backend).</summary>
    public static ushort CloseCode(RelayOutcome outcome, RelaySide guilty, RelaySide receiver)
    {
        ushort own = Table[(int)outcome].Code;
        bool podLeaves = outcome is RelayOutcome.PodTerminating or RelayOutcome.PodRemoved;
        if (podLeaves)
        {
            return receiver == RelaySide.Client ? own : GoingAway;
        }

        if (receiver == RelaySide.Backend)
        {
            return guilty == RelaySide.Backend && outcome != RelayOutcome.BackendLost ? own : GoingAway;
        }

        return guilty == RelaySide.Backend ? UnexpectedCondition : own;
    }

    /// <summary>True for the endings that only the relay can observe; all others may be asked for by <see cref="RelaySession.RequestEnd"/>.</summary>
    public static bool IsObserved(RelayOutcome outcome)
    {
        return outcome is RelayOutcome.ClientClosed or RelayOutcome.BackendClosed or RelayOutcome.ClientLost or RelayOutcome.BackendLost;
    }
}
