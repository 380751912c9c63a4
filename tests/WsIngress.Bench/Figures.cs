using System.Diagnostics;

namespace WsIngress.Bench;

/// <summary>Medians and their printing.</summary>
internal static class Figures
{
    public static double MedianMilliseconds(int rounds, Action action)
    {
        var times = new double[rounds];
        for (var i = 0; i < rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        return Percentile(times, 0.5);
    }

    /// <summary>Median wall time, and the CPU time of the whole process beside it: on a busy machine only the second is the work's own.</summary>
    public static string Cost(int rounds, Action action)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var median = MedianMilliseconds(rounds, action);
        return $"{median:0.0} ms, CPU {(Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / rounds:0.0} ms";
    }

    public static double Percentile(double[] values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }

    public static void Print(string name, string figure) => Console.WriteLine($"{name,-64} {figure}");
}
