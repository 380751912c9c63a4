namespace WsIngress.Cluster;

/// <summary>The bounds and waits of a Reflector.</summary>
internal sealed record ReflectorOptions
{
    public static readonly ReflectorOptions Default = new();

    /// <summary>Objects of one page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Pages of one list.</summary>
    public int MostPages { get; init; } = 4000;

    /// <summary>Most bytes of one object, in a list or a line of a watch: the API server takes none above 3 MiB.</summary>
    public int LargestObject { get; init; } = 8 * 1024 * 1024;

    /// <summary>A watch is asked to end after this and up to as much again, so that the watches of many replicas do not end together.</summary>
    public TimeSpan WatchTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A watch that has brought bookmarks and then nothing for this long is dead: they come about every minute.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>A page of a list that brings no byte for this long is given up.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First wait after a failure; it doubles up to <see cref="LongestWait"/>, each with jitter.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A watch that lasted this long makes the next wait the first again.</summary>
    public TimeSpan Health { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A watch that ended as agreed but sooner than this is followed by a wait, lest a server that ends all at once is stormed.</summary>
    public TimeSpan ShortestWatch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No server is brought back from a backup within this time, so that after it nothing is believed without a list.</summary>
    public TimeSpan LongestBreak { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>So many watches from one version may fail in ways that a repetition may not mend; then the version is forgotten.</summary>
    public int MostFruitless { get; init; } = 3;

    /// <summary>The same complaint is logged again after this.</summary>
    public TimeSpan Repeat { get; init; } = TimeSpan.FromMinutes(5);
}
