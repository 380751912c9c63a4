using System.Runtime.InteropServices;

namespace WsIngress.Bench.Os;

/// <summary>Calls of the C library that neither .NET nor the transport has.</summary>
internal static unsafe partial class Posix
{
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    private const int CLOCK_MONOTONIC = 1;
    private const int TFD_NONBLOCK = 0x800;
    private const int TFD_CLOEXEC = 0x80000;

    /// <summary>
    /// CPU time that a process has used, all its threads and those that have ended included, in nanoseconds; 0 when it is gone. This is the clock
    /// behind clock_getcpuclockid(3). /proc/PID/stat counts the same in ticks of 10 ms, and the sum over /proc/PID/task/*/schedstat loses the
    /// threads of a pool that ended between two looks.
    /// </summary>
    public static long CpuNanoseconds(int process)
    {
        const int PerProcessScheduled = 2;
        Timespec time;
        return ClockGetTime((~process << 3) | PerProcessScheduled, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;
    }

    /// <summary>A descriptor that is readable once per interval from now on, without drift.</summary>
    public static int StartTimer(long intervalNanoseconds)
    {
        int fd = TimerFdCreate(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        Timespec* setting = stackalloc Timespec[2];
        setting[0] = setting[1] = new() { Seconds = intervalNanoseconds / 1_000_000_000, Nanoseconds = intervalNanoseconds % 1_000_000_000 };
        return fd >= 0 && TimerFdSetTime(fd, 0, setting, null) == 0 ? fd : throw new IOException("timerfd");
    }

    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, Timespec* time);

    [LibraryImport("libc", EntryPoint = "timerfd_create")]
    private static partial int TimerFdCreate(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    private static partial int TimerFdSetTime(int fd, int flags, Timespec* setting, Timespec* old);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
