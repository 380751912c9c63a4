using WsIngress.Routing;

namespace WsIngress.Proxy.Admission;

/// <summary>A handshake's share of its Ingress's pace.</summary>
internal sealed class IngressTurn(IngressGate gate, HandshakePace pace, TimeProvider time) : HandshakeTurn
{
    public override TurnOutcome Take(long now) => gate.Bucket.TryTake(At(now)) ? TurnOutcome.Taken : TurnOutcome.Later;

    public override void GiveBack()
    {
        gate.Bucket.GiveBack();
        gate.Queue.Look();
    }

    public override double RateAt(long now) => pace.Rate;

    public override TimeSpan UntilNext(long now) => gate.Bucket.UntilNext(At(now));

    private PaceNow At(long now) => new(pace.Rate, pace.Capacity, now, time);
}

/// <summary>The bucket and the queue of one Ingress.</summary>
internal sealed class IngressGate(TimeProvider time)
{
    public PaceBucket Bucket { get; } = new();

    public HandshakeQueue Queue { get; } = new(time);

    /// <summary>The pace that was asked for last.</summary>
    public HandshakePace Pace { get; set; } = HandshakePace.None;

    /// <summary>One that is made anew would be the same.</summary>
    public bool IsIdle => Queue.IsIdle && (!Pace.IsOn || Bucket.IsFull(new(Pace.Rate, Pace.Capacity, time.GetTimestamp(), time)));
}
