using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// How long everything waits for the garbage collector around a burst of sockets that then stay open: while they come, and while what the burst has
/// left is given back to the system.
/// </summary>
internal static class PausesBench
{
    /// <summary>The release comes a second after the burst, and at most every 5 s.</summary>
    private const double ReleaseSeconds = 8;

    public static int Run(string[] arguments)
    {
        if (DataPlaneOptions.Read(arguments) is not { } options)
        {
            return 2;
        }

        using var signals = new EndSignals();
        using var place = new Workplace();
        using var pod = new PodProcess(place, signals.Token);
        foreach (var sockets in new[] { 1_000, 4_000, 9_000 })
        {
            if (2 * sockets > Workplace.Files - 500)
            {
                Figures.Print($"{sockets:N0} sockets", $"not possible: a process may have {Workplace.Files:N0} files");
                continue;
            }

            using var proxy = ProxyKind.WsIngress($"wsingress-{sockets}", options.Program, options.Arguments).Start(place, pod.Port);
            proxy.WaitUntilServing(signals.Token);
            var load = new LoadOptions { Mode = "hold", Port = proxy.Http, Sockets = sockets };
            Hold(load with { Sockets = 1_000 }, signals.Token);
            var before = Heap.Read(proxy);
            Hold(load, signals.Token, () =>
            {
                var opened = Heap.Read(proxy);
                signals.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(ReleaseSeconds));
                var released = Heap.Read(proxy);
                Figures.Print($"{sockets:N0} sockets: stops while they come", Stops(before, opened));
                Figures.Print($"{sockets:N0} sockets: stops for giving memory back", Stops(opened, released));
            });
        }

        return 0;
    }

    private static string Stops(Heap from, Heap to) => $"{to.Collections - from.Collections} collections, {1000 * (to.Paused - from.Paused):0.0} ms";

    /// <summary>Opens sockets, and closes them so long after that nothing is left to give back.</summary>
    private static void Hold(LoadOptions load, CancellationToken stop, Action? meanwhile = null)
    {
        using var client = new LoadProcess(load, stop);
        meanwhile?.Invoke();
        client.Go();
        client.Close();
        stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(ReleaseSeconds));
    }
}
