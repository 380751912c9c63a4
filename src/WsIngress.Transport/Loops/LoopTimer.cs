namespace WsIngress.Transport.Loops;

/// <summary>Something with at most one due time on its loop's <see cref="TimerWheel"/>; the links of the wheel's lists are in the object itself.</summary>
internal abstract class LoopTimer
{
    internal LoopTimer? Next;
    internal LoopTimer? Previous;
    internal long DueTick;

    /// <summary>The wheel's slot plus one; 0 while it is not set.</summary>
    internal int Place;

    public bool IsSet => Place != 0;

    /// <summary>The time has come. On the loop's thread; the timer is not set any more and may be set again.</summary>
    public abstract void OnDue();
}
