using System.Globalization;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Balancing;

namespace WsIngress.Telemetry;

/// <summary>
/// Watches the source ports toward each pod: at the end of them no connection to that pod can be made any more, however idle it is. Told once when a pod has
/// eight tenths of them, and again after it was below seven. The counts are those of the balancers; nothing is counted for this.
/// </summary>
/// <param name="backends">Those of now.</param>
/// <param name="readRange">The text of <c>ip_local_port_range</c>; null where there is none, and then nothing is said.</param>
/// <param name="logger">A warning for each pod.</param>
/// <param name="crowded">Hears the same; null for nobody.</param>
internal sealed class SourcePorts(Func<IEnumerable<BackendState>> backends, Func<string?> readRange, ILogger logger, Action<SourcePortUse>? crowded)
{
    public const double Mark = 0.8;
    private const double Relief = 0.7;
    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";

    private readonly Lock _turn = new();

    /// <summary>State keys of pods that were told of.</summary>
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Of this network namespace; null without <c>/proc</c>.</summary>
    public static string? ReadRange()
    {
        try
        {
            return File.ReadAllText(RangeFile);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The fullest pod of each Service; empty where the range is not known.</summary>
    public IReadOnlyList<SourcePortUse> Fullest() =>
        [.. Pods().Select(pod => pod.Use).GroupBy(use => (use.Namespace, use.Service)).Select(group => group.MaxBy(use => use.Used)!)];

    /// <summary>As <see cref="Check"/>, for a timer: a call that finds another under way does nothing.</summary>
    public void CheckQuietly()
    {
        if (_turn.TryEnter())
        {
            try
            {
                Check();
            }
            finally
            {
                _turn.Exit();
            }
        }
    }

    /// <summary>Looks at every pod and tells what is new. One call at a time.</summary>
    public void Check()
    {
        var full = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, use) in Pods().DistinctBy(pod => pod.Key))
        {
            if (use.Ratio >= (_told.Contains(key) ? Relief : Mark))
            {
                full.Add(key);
                if (_told.Add(key))
                {
                    TelemetryLog.SourcePortsLow(logger, use.Pod, use.Address, use.Namespace, use.Service, use.Used, use.Range);
                    crowded?.Invoke(use);
                }
            }
        }

        _told.IntersectWith(full);
    }

    private IEnumerable<(string Key, SourcePortUse Use)> Pods()
    {
        if (Parse(readRange()) is not { } range)
        {
            yield break;
        }

        foreach (var backend in backends())
        {
            foreach (var entry in backend.Endpoints)
            {
                yield return (entry.State.Key, new(backend.Namespace, backend.Service, entry.Endpoint.PodName ?? entry.Authority, entry.Authority, entry.State.Load, range));
            }
        }
    }

    /// <summary>"first last": how many ports that is.</summary>
    private static int? Parse(string? text) =>
        text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var first, var last]
        && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to) && to >= from
            ? to - from + 1
            : null;
}
