namespace WsIngress.Cluster.Events;

/// <summary>Events of events.k8s.io/v1. The limits are those of client-go, so that no cluster sees more from us than from others.</summary>
internal sealed record EventOptions
{
    /// <summary>False writes none.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Name of the controller, <c>domain/name</c>.</summary>
    public required string Controller { get; init; }

    /// <summary>Name of this pod.</summary>
    public required string Instance { get; init; }

    /// <summary>Requests about all objects together, in the long run and at once.</summary>
    public double PerSecond { get; init; } = 10;

    public int Burst { get; init; } = 50;

    /// <summary>New Events about one object at once, and the time after which one more may come.</summary>
    public int BurstPerObject { get; init; } = 25;

    public TimeSpan PerObjectPeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Least time between two updates of one series.</summary>
    public TimeSpan SeriesPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The same for what handshakes say.</summary>
    public TimeSpan HandshakePeriod { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A problem is told when it has lasted this long: one that ends while an application is being applied is none.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A problem that persists is told again after this long: the server forgets an Event an hour after its last change.</summary>
    public TimeSpan Reminder { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>A problem that comes back within this time goes on with its series.</summary>
    public TimeSpan Remembered { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>After a failure of a kind that nobody foresaw.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Problems of one object that are known at a time: one object with thousands leaves room for the others'.</summary>
    public int MostPerObject { get; init; } = 100;

    /// <summary>Series known at a time, of problems and of handshakes each.</summary>
    public int MostSeries { get; init; } = 20_000;
}
