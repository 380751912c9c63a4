namespace WsIngress.Cli;

/// <summary>What <c>wsingress connections</c> does.</summary>
internal enum ConnectionsVerb
{
    List,
    Show,
    Close,
    Drain,
    Tap,
}

/// <summary>One call of <c>wsingress connections</c>.</summary>
internal sealed record ConnectionsOptions
{
    public required ConnectionsVerb Verb { get; init; }

    public required AdminTarget Admin { get; init; }

    /// <summary>Of the socket to show or close; else null.</summary>
    public string? Id { get; init; }

    /// <summary>Names and values for the admin API, which judges them.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    /// <summary>Lists again every second until it is stopped.</summary>
    public bool Watch { get; init; }

    public OutputFormat Output { get; init; }
}
