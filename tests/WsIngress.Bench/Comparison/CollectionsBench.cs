using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// Garbage collections of wsingress while messages pass, read from its `/metrics` right before the first and right after the last of them: none
/// shall be the relay's. The bytes allocated say how far from one it stays, and they are the whole process's: the reading is in them.
/// </summary>
internal static class CollectionsBench
{
    private const int Sockets = 100;

    public static int Run(string[] arguments)
    {
        if (DataPlaneOptions.Read(arguments) is not { } options)
        {
            return 2;
        }

        using var signals = new EndSignals();
        using var place = new Workplace();
        using var pod = new PodProcess(place, signals.Token);
        using var proxy = ProxyKind.WsIngress("wsingress", options.Program, options.Arguments).Start(place, pod.Port);
        proxy.WaitUntilServing(signals.Token);
        var clean = true;
        foreach (var tls in new[] { false, true })
        {
            // Warm: code has its last form, and what is allocated once is there.
            Relay(proxy, tls, options.Quick ? 10_000 : 100_000, signals.Token);
            var (report, before, after) = Relay(proxy, tls, options.Quick ? 100_000 : 1_000_000, signals.Token);
            var relayed = 2 * report.Messages;
            var collected = after.Collections - before.Collections;
            Figures.Print($"{(tls ? "wss" : "ws")}: collections of generation 0 while {relayed:N0} messages were relayed", $"{collected}, target 0: {(collected == 0 ? "met" : "missed")}");
            Figures.Print("  allocated by the process meanwhile", $"{(after.Allocated - before.Allocated) / relayed:0.00} bytes per message");
            if (report.Failed + report.Lost + report.Wrong > 0)
            {
                Figures.Print("  invalid", $"{report.Failed} failed, {report.Lost} lost, {report.Wrong} wrong: {report.Trouble}");
            }

            clean &= collected == 0 && report.Failed + report.Lost + report.Wrong == 0;
        }

        return clean ? 0 : 1;
    }

    private static (LoadReport Report, Heap Before, Heap After) Relay(RunningProxy proxy, bool tls, int messages, CancellationToken stop)
    {
        var load = new LoadOptions
        {
            Mode = "echo",
            Port = tls ? proxy.Https!.Value : proxy.Http,
            Sockets = Sockets,
            Tls = tls,
            Seconds = 600,
            Messages = messages / 2,
        };
        using var client = new LoadProcess(load, stop);

        // What the opening of the sockets left behind is collected before.
        stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(2));
        var before = Heap.Read(proxy);
        var report = client.Go();
        var after = Heap.Read(proxy);
        client.Close();
        return (report, before, after);
    }
}
