using System.Diagnostics;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Load;

/// <summary>
/// The client process. It goes step by step with the bench that started it, by lines on its standard streams, so that the bench reads the
/// proxy's CPU exactly around the step: READY, a line, the run, the report, a line, all sockets closed, CLOSED.
/// </summary>
internal static class LoadClient
{
    /// <summary>Opened and closed before handshakes are measured: the client's own code is compiled then and a ticket is there.</summary>
    private const int Warming = 50;

    private static double Cpu => Posix.CpuNanoseconds(Environment.ProcessId) / 1000.0;

    public static int Run(string[] arguments)
    {
        var options = LoadOptions.Parse(arguments);
        var report = new LoadReport();
        using var set = new SocketSet();
        var opening = new Opening(options, set, report);
        LoadSocket?[] sockets;
        if (options.IsCrowd)
        {
            Close(opening.Open(Math.Min(Warming, options.Sockets)));
            Step("READY");
            report.Resumed = 0;
            var (cpu, began) = (Cpu, Stopwatch.GetTimestamp());
            sockets = opening.Open(options.Sockets);
            (report.Cpu, report.Seconds) = (Cpu - cpu, Stopwatch.GetElapsedTime(began).TotalSeconds);
            report.Messages = sockets.Count(s => s is not null);
        }
        else
        {
            sockets = opening.Open(options.Sockets);
            Step("READY");
            Run(options, set, sockets, report);
        }

        Step(report.ToJson());
        if (options.Mode == "goodbyes")
        {
            new Goodbye(set, sockets).Say();
        }

        Close(sockets);
        Console.WriteLine("CLOSED");
        return 0;
    }

    private static void Run(LoadOptions options, SocketSet set, LoadSocket?[] sockets, LoadReport report)
    {
        if (options.Mode == "hold")
        {
            LoadRun.Look(set, sockets, report);
            return;
        }

        LoadRun run = options.Mode switch
        {
            "echo" => new EchoRun(options, set, sockets, report),
            "answer" => new AnswerRun(options, set, sockets, report),
            "rate" => new RateRun(options, set, sockets, report),
            "up" => new UpRun(options, set, sockets, report),
            "down" => new DownRun(options, set, sockets, report),
            _ => throw new FormatException($"'{options.Mode}': allowed: echo, answer, rate, up, down, hold, handshakes, goodbyes"),
        };
        var cpu = Cpu;
        run.Run();
        report.Cpu = Cpu - cpu;
    }

    private static void Close(LoadSocket?[] sockets)
    {
        foreach (var socket in sockets)
        {
            socket?.Close();
        }
    }

    /// <summary>Says a line and waits for one; a bench that is gone ends this process.</summary>
    private static void Step(string line)
    {
        Console.WriteLine(line);
        if (Console.ReadLine() is null)
        {
            Environment.Exit(1);
        }
    }
}
