namespace WsIngress.Bench.Comparison;

/// <summary>One figure of a scenario.</summary>
/// <param name="Name">Within the scenario, such as "CPU per message".</param>
/// <param name="Unit">Such as "µs".</param>
/// <param name="Target">What wsingress is held to; null for figures that only inform.</param>
/// <param name="OfLoad">About the load's own ends, or the machine: in a table of its own.</param>
internal sealed record Metric(string Name, string Unit, Target? Target = null, bool OfLoad = false)
{
    public static Metric CpuOf(string what, Target? target = null) => new($"CPU per {what}", "µs", target);

    public static Metric ClientCpuOf(string what) => new($"client's CPU per {what}", "µs", OfLoad: true);

    public static Metric PodCpuOf(string what) => new($"pod's CPU per {what}", "µs", OfLoad: true);

    /// <summary>Near 100 the client is the limit, and the rate says nothing about the proxy.</summary>
    public static Metric ClientBusy { get; } = new("client's thread busy", "%", OfLoad: true);

    /// <summary>Of all cores: what processes outside of this bench took meanwhile.</summary>
    public static Metric Others { get; } = new("CPU taken by others", "%", OfLoad: true);
}

/// <summary>A bound of wsingress's figure: a number, or a share of a peer's.</summary>
internal sealed record Target(bool AtMost, double Bound, string? Of = null, string? AlsoBelow = null)
{
    public static Target MostOf(double share, string peer) => new(AtMost: true, share, peer);

    public static Target LeastOf(double share, string peer) => new(AtMost: false, share, peer);

    /// <summary>Null when a figure that it needs is missing.</summary>
    public bool? IsMet(double? own, Func<string, double?> peer)
    {
        var bound = Of is null ? Bound : Bound * peer(Of);
        if (own is not { } figure || bound is not { } limit)
        {
            return null;
        }

        var met = AtMost ? figure <= limit : figure >= limit;
        return AlsoBelow is not null && peer(AlsoBelow) is { } other ? met && figure < other : met;
    }

    public override string ToString() => $"{(AtMost ? "≤" : "≥")} {Bound:0.##}{(Of is null ? "" : $" × {Of}")}{(AlsoBelow is null ? "" : $", < {AlsoBelow}")}";
}
