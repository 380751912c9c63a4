using System.Globalization;

namespace WsIngress.Bench.Os;

/// <summary>A process with all that descend from it: what a proxy with a master and workers costs.</summary>
internal static class ProcessTree
{
    public static double CpuMicroseconds(int root) => Of(root).Sum(Posix.CpuNanoseconds) / 1000.0;

    /// <summary>
    /// Resident KiB. From smaps_rollup, which counts the pages; VmRSS of older kernels is a sum of per-CPU counters that may be off by some
    /// hundred KiB.
    /// </summary>
    public static double ResidentKiB(int root) => Of(root).Sum(p => Field($"/proc/{p}/smaps_rollup", "Rss:") ?? Field($"/proc/{p}/status", "VmRSS:") ?? 0);

    public static double Threads(int root) => Of(root).Sum(p => Field($"/proc/{p}/status", "Threads:") ?? 0);

    public static double Descriptors(int root) => Of(root).Sum(p => Directory.EnumerateFileSystemEntries($"/proc/{p}/fd").Count());

    private static List<int> Of(int root)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), out var id) && Parent(id) is { } parent ? (Id: id, Parent: parent) : default)
            .Where(p => p.Id != 0)
            .ToLookup(p => p.Parent, p => p.Id);
        List<int> tree = [root];
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children[tree[i]]);
        }

        return tree;
    }

    private static int? Parent(int process) => Text($"/proc/{process}/stat") is { } stat
        ? int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
        : null;

    private static double? Field(string file, string name) => Text(file)?.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
        ? double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
        : null;

    /// <summary>Null when the process is gone or not ours to look at.</summary>
    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
