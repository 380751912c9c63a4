using System.Globalization;
using Microsoft.Extensions.Logging;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// Whether the process has room for one more socket. Near the end of its descriptors or of its memory a new handshake is refused, so that
/// those who are connected live: a process without descriptors accepts nobody, and one above its memory limit is killed with all of its sockets.
/// </summary>
public sealed class ProcessRoom
{
    /// <summary>Descriptors that are kept for everything else: at least this many, and a twentieth of all.</summary>
    private const int SpareDescriptors = 64;

    /// <summary>Share of the memory limit above which no socket is taken.</summary>
    private const double MemoryMark = 0.9;

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(1);

    private readonly Func<int?> _lowestDescriptor;
    private readonly string _statm;
    private readonly int _descriptorMark;
    private readonly long _memoryMark = long.MaxValue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private string? _shortage;
    private long _lookedAt;
    private long _saidAt;

    /// <param name="proc">Such as <c>/proc/self</c>.</param>
    /// <param name="cgroup">Such as <c>/sys/fs/cgroup</c>; without a limit there only descriptors count.</param>
    /// <param name="lowestDescriptor">The number that the next descriptor would get; all below it are in use.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of a shortage once a minute.</param>
    public ProcessRoom(string proc, string cgroup, Func<int?> lowestDescriptor, TimeProvider time, ILogger logger)
    {
        (_lowestDescriptor, _time, _logger) = (lowestDescriptor, time, logger);
        _statm = Path.Combine(proc, "statm");
        var descriptors = DescriptorLimit(Path.Combine(proc, "limits"));
        _descriptorMark = descriptors - Math.Max(SpareDescriptors, descriptors / 20);
        var memory = Number(Path.Combine(cgroup, "memory.max")) ?? Number(Path.Combine(cgroup, "memory", "memory.limit_in_bytes"));
        if (memory is { } limit and < long.MaxValue / 4)
        {
            (MemoryLimit, _memoryMark) = (limit, (long)(limit * MemoryMark));
        }

        _lookedAt = time.GetTimestamp() - (long)(Fresh.TotalSeconds * time.TimestampFrequency);
        _saidAt = time.GetTimestamp() - (long)(Repeat.TotalSeconds * time.TimestampFrequency);
    }

    public static ProcessRoom OfThisProcess(TimeProvider time, ILogger logger) =>
        new("/proc/self", "/sys/fs/cgroup", static () => LowestDescriptor(), time, logger);

    /// <summary>Bytes above which the process is killed; null when it has no limit.</summary>
    public long? MemoryLimit { get; }

    /// <summary>Bytes that are resident now, as they count toward the mark; null when the system does not say.</summary>
    public long? MemoryInUse => Resident();

    /// <summary>What there is too little of, in words; null when there is room. Looks at most ten times a second.</summary>
    public string? Shortage()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= Fresh)
        {
            Volatile.Write(ref _lookedAt, _time.GetTimestamp());
            _shortage = Look();
            if (_shortage is { } found && _time.GetElapsedTime(_saidAt) >= Repeat)
            {
                _saidAt = _time.GetTimestamp();
                ProxyLog.NoRoom(_logger, found);
            }
        }

        return _shortage;
    }

    private string? Look()
    {
        if (_lowestDescriptor() is { } lowest && lowest >= _descriptorMark)
        {
            return $"{lowest} file descriptors are in use, the mark is {_descriptorMark}";
        }

        return _memoryMark < long.MaxValue && Resident() is { } resident && resident >= _memoryMark
            ? $"{resident >> 20} MiB of memory are in use, the mark is {_memoryMark >> 20} MiB"
            : null;
    }

    /// <summary>The kernel gives the lowest free number: where that is low there is room, however many are open above it.</summary>
    private static int? LowestDescriptor()
    {
        try
        {
            using var probe = File.OpenHandle("/dev/null");
            return (int)probe.DangerousGetHandle();
        }
        catch (IOException)
        {
            // None is free, or this is another system.
            return File.Exists("/dev/null") ? int.MaxValue : null;
        }
    }

    private static int DescriptorLimit(string path)
    {
        const string Name = "Max open files";
        var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..] && int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : int.MaxValue;
    }

    /// <summary>In bytes: the second number of <c>statm</c> counts pages.</summary>
    private long? Resident()
    {
        try
        {
            return File.ReadAllText(_statm).Split(' ') is [_, var pages, ..] && long.TryParse(pages, NumberStyles.None, CultureInfo.InvariantCulture, out var resident) ? resident * Environment.SystemPageSize : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long? Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
