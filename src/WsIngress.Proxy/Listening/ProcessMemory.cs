using System.Globalization;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// How much memory the process may have, and has, as the kernel counts it: a cgroup is killed for all that is charged to it, the buffers of its
/// sockets included, which no figure of the process shows. Caches of files that can be dropped at any time do not count.
/// </summary>
internal sealed class ProcessMemory
{
    private const string Inactive = "inactive_file";

    private readonly string _usage;
    private readonly string _statistics;
    private readonly string _inactive;

    /// <param name="cgroup">Such as <c>/sys/fs/cgroup</c>.</param>
    public ProcessMemory(string cgroup)
    {
        var first = Path.Combine(cgroup, "memory");
        (_usage, _statistics, _inactive, var limit) = File.Exists(Path.Combine(cgroup, "memory.current"))
            ? (Path.Combine(cgroup, "memory.current"), Path.Combine(cgroup, "memory.stat"), Inactive, Number(Path.Combine(cgroup, "memory.max")))
            : (Path.Combine(first, "memory.usage_in_bytes"), Path.Combine(first, "memory.stat"), "total_" + Inactive, Number(Path.Combine(first, "memory.limit_in_bytes")));

        // Version 1 writes "no limit" as a very large number.
        Limit = limit < long.MaxValue / 4 ? limit : null;
    }

    /// <summary>In bytes; null for none.</summary>
    public long? Limit { get; }

    /// <summary>In bytes; null where it cannot be read.</summary>
    public long? Used() => Number(_usage) is { } all ? Math.Max(0, all - (Statistic() ?? 0)) : null;

    private long? Statistic()
    {
        try
        {
            var line = File.ReadLines(_statistics).FirstOrDefault(l => l.StartsWith(_inactive, StringComparison.Ordinal) && l.Length > _inactive.Length && l[_inactive.Length] == ' ');
            return line is not null && long.TryParse(line.AsSpan(_inactive.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Number(string path)
    {
        try
        {
            return File.Exists(path) && long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
