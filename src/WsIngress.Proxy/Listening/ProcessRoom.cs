using System.Globalization;
using Microsoft.Extensions.Logging;
using WsIngress.Transport.Native;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// Whether the process has room for one more socket. Near the end of its descriptors or of its memory a new handshake is refused, so that
/// those who are connected live: a process without descriptors accepts nobody, and one above its memory limit is killed with all of its sockets,
/// be it by the kernel or by the runtime, which holds its heap below a limit of its own (three quarters of the container's).
/// </summary>
public sealed class ProcessRoom
{
    /// <summary>Descriptors that are kept for everything else: at least this many, and a twentieth of all.</summary>
    private const int SpareDescriptors = 64;

    /// <summary>Share of the memory limit above which no socket is taken.</summary>
    private const double MemoryMark = 0.9;

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(1);

    private readonly Func<int?> _recentDescriptor;
    private readonly Func<int?> _lowestDescriptor;
    private readonly Func<HeapUse> _heap;
    private readonly ProcessMemory _memory;
    private readonly int _descriptorMark;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile string? _memoryShortage;
    private long _lookedAt;
    private long _saidAt;

    /// <param name="proc">Such as <c>/proc/self</c>.</param>
    /// <param name="cgroup">Such as <c>/sys/fs/cgroup</c>; a cgroup without a limit never runs short.</param>
    /// <param name="recentDescriptor">The number that a descriptor has got just now, if one has: as long as such numbers are low, nothing needs to be asked.</param>
    /// <param name="lowestDescriptor">The number that the next descriptor would get; all below it are in use.</param>
    /// <param name="heap">The heap at the last collection.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of a shortage once a minute.</param>
    public ProcessRoom(string proc, string cgroup, Func<int?> recentDescriptor, Func<int?> lowestDescriptor, Func<HeapUse> heap, TimeProvider time, ILogger logger)
    {
        (_recentDescriptor, _lowestDescriptor, _heap, _time, _logger) = (recentDescriptor, lowestDescriptor, heap, time, logger);
        _memory = new(cgroup);
        var descriptors = DescriptorLimit(Path.Combine(proc, "limits"));
        _descriptorMark = descriptors - Math.Max(SpareDescriptors, descriptors / 20);
        _lookedAt = time.GetTimestamp() - (long)(Fresh.TotalSeconds * time.TimestampFrequency);
        _saidAt = time.GetTimestamp() - (long)(Repeat.TotalSeconds * time.TimestampFrequency);
    }

    public static ProcessRoom OfThisProcess(TimeProvider time, ILogger logger) =>
        new("/proc/self", "/sys/fs/cgroup", static () => RecentDescriptor.Number, static () => LowestDescriptor(), static () => HeapUse.OfThisProcess(), time, logger);

    /// <summary>Bytes above which the process is killed; null when it has no limit.</summary>
    public long? MemoryLimit => _memory.Limit;

    /// <summary>Bytes in use now, as they count toward the mark; null when the system does not say.</summary>
    public long? MemoryInUse => _memory.Used();

    /// <summary>
    /// What there is too little of, in words; null when there is room. Descriptors are looked at each time, for a handshake may take the last ones
    /// within a millisecond of the one before; memory ten times a second.
    /// </summary>
    public string? Shortage()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= Fresh)
        {
            Volatile.Write(ref _lookedAt, _time.GetTimestamp());
            _memoryShortage = OfMemory();
        }

        var shortage = OfDescriptors() ?? _memoryShortage;
        if (shortage is not null && _time.GetElapsedTime(Volatile.Read(ref _saidAt)) >= Repeat)
        {
            Volatile.Write(ref _saidAt, _time.GetTimestamp());
            ProxyLog.NoRoom(_logger, shortage);
        }

        return shortage;
    }

    /// <remarks>A probe is three calls of the kernel and a handle (measured: 12 µs a handshake), so it is asked for where numbers have come near the mark.</remarks>
    private string? OfDescriptors() =>
        _recentDescriptor() is { } recent && recent < _descriptorMark ? null :
        _lowestDescriptor() is { } lowest && lowest >= _descriptorMark ? $"{lowest} file descriptors are in use, the mark is {_descriptorMark}" : null;

    private string? OfMemory()
    {
        if (_memory.Limit is { } limit && _memory.Used() is { } used && used >= limit * MemoryMark)
        {
            return $"{used >> 20} MiB of memory are in use, the mark is {(long)(limit * MemoryMark) >> 20} MiB";
        }

        var heap = _heap();
        return heap.Most > 0 && heap.Committed >= heap.Most * MemoryMark
            ? $"the heap has {heap.Committed >> 20} MiB, the mark is {(long)(heap.Most * MemoryMark) >> 20} MiB"
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
}

/// <summary>What the runtime has taken for its heap, and the most that it may take; both are 0 before its first collection.</summary>
public readonly record struct HeapUse(long Committed, long Most)
{
    public static HeapUse OfThisProcess()
    {
        var heap = GC.GetGCMemoryInfo(GCKind.Any);
        return new(heap.TotalCommittedBytes, heap.TotalAvailableMemoryBytes);
    }
}
