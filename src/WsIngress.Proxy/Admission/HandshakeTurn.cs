namespace WsIngress.Proxy.Admission;

/// <summary>What one handshake needs before it may go on: all members are called under the gate of its queue.</summary>
internal abstract class HandshakeTurn
{
    /// <summary>Timestamp after which it waits no longer.</summary>
    public long Deadline { get; set; }

    /// <summary>What it needs may be missing though it is there for those behind it: they need not wait for it.</summary>
    public virtual bool IsPicky => false;

    /// <summary>Takes what is needed, or nothing.</summary>
    public abstract TurnOutcome Take(long now);

    /// <summary>Gives back all that was taken: nobody came for it, or it was not used.</summary>
    public abstract void GiveBack();

    /// <summary>Turns per second that there are at the moment, for estimates.</summary>
    public abstract double RateAt(long now);

    /// <summary>Until the next turn, as far as it can be known.</summary>
    public abstract TimeSpan UntilNext(long now);
}

/// <summary>What a try came to.</summary>
internal enum TurnOutcome
{
    Taken,

    /// <summary>Time will bring it.</summary>
    Later,

    /// <summary>Time alone will not: no pod is there, or all are full.</summary>
    Never,

    /// <summary>It would have to wait, and may not, or has waited its time.</summary>
    Refused,

    /// <summary>The client or the handshake's own time ended the wait.</summary>
    Cancelled,
}

/// <summary>What becomes of a handshake that asked for its turn.</summary>
/// <param name="Outcome">Never <see cref="TurnOutcome.Later"/>.</param>
/// <param name="Clears">Of a refusal: how long those who wait, and those who were told to come back, will take.</param>
internal readonly record struct TurnAnswer(TurnOutcome Outcome, TimeSpan Clears = default);
