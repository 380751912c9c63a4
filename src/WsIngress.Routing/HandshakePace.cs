namespace WsIngress.Routing;

/// <summary>How fast new WebSockets may come, and who may wait for a turn. Plain HTTP is never counted.</summary>
public sealed record HandshakePace
{
    public static readonly HandshakePace None = new();

    /// <summary>Handshakes per second in the long run; zero means as many as come.</summary>
    public double Rate { get; init; }

    /// <summary>Handshakes at once after a quiet time; zero means what the rate lets through in a second, and at least one.</summary>
    public int Burst { get; init; }

    /// <summary>
    /// Handshakes that may wait at the same time; zero means none. Default 1,000: what waits costs a connection and a few kilobytes, and who would wait
    /// longer than <see cref="QueueTimeout"/> is told at once anyway.
    /// </summary>
    public int Queue { get; init; } = 1000;

    /// <summary>Longest wait of one handshake. Default 1 s: long enough to even out a burst, short beside the time that clients give a handshake.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public bool IsOn => Rate > 0;

    /// <summary>What <see cref="Burst"/> comes to.</summary>
    public double Capacity => Burst > 0 ? Burst : Math.Max(1, Rate);
}
