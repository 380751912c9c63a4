namespace WsIngress.Cluster;

/// <summary>The bounds and waits of a Reflector.</summary>
internal sealed record ReflectorOptions
{
    public static readonly ReflectorOptions Default = new();

    /// <summary>Objects of one page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Most bytes of one page, and of one line of a watch: the API server takes no object above 3 MiB.</summary>
    public int LargestPage { get; init; } = 256 * 1024 * 1024;

    /// <summary>Most bytes of one line of a watch.</summary>
    public int LargestLine { get; init; } = 8 * 1024 * 1024;

    /// <summary>A watch is asked to end after this and up to as much again, so that the watches of many replicas do not end together.</summary>
    public TimeSpan WatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A watch that says nothing for this long is dead: the API server sends a bookmark about every minute.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>A page of a list that brings no byte for this long is given up.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First wait after a failure; it doubles up to <see cref="LongestWait"/>, each with jitter.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Work that lasted this long without a failure makes the next wait the first again.</summary>
    public TimeSpan Health { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same complaint is logged again after this.</summary>
    public TimeSpan Repeat { get; init; } = TimeSpan.FromMinutes(5);
}
