using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>What Pings on sockets that idle cost: the CPU of wsingress over two intervals, with and without them, both sides pinged and answering.</summary>
internal static class KeepAliveBench
{
    private const int IntervalSeconds = 25;

    public static int Run(string[] arguments)
    {
        if (DataPlaneOptions.Read(arguments) is not { } options)
        {
            return 2;
        }

        using var signals = new EndSignals();
        using var place = new Workplace();
        using var pod = new PodProcess(place, signals.Token);
        var site = new Site(place, pod, signals.Token);
        var load = options.Load("answer", Math.Min(10_000, (Workplace.Files - 1_200) / 2), 64) with { Seconds = 2 * IntervalSeconds };
        var clean = true;
        foreach (var (name, extra) in new (string, string[])[] { ("no Pings", []), ($"a Ping each {IntervalSeconds} s to both sides", ["--default", $"websocket-ping-interval={IntervalSeconds}s"]) })
        {
            using var proxy = ProxyKind.WsIngress("wsingress", options.Program, [.. options.Arguments, .. extra]).Start(place, pod.Port);
            proxy.WaitUntilServing(signals.Token);

            // Opening and what it leaves to do is none of it: the load opens, then its run begins.
            var cost = site.Run(proxy, load, settle: 10);
            clean &= cost.Report.Wrong + cost.Report.Lost + cost.Report.Failed == 0;
            Figures.Print(
                $"{load.Sockets:N0} idle sockets, {name}",
                $"{100 * cost.Proxy / (cost.Report.Seconds * 1_000_000):0.00} % of a core; {cost.Report.Messages:N0} answers of clients in {cost.Report.Seconds:0} s{(cost.Report.Trouble is { Length: > 0 } trouble ? $"; {trouble}" : "")}");
        }

        return clean ? 0 : 1;
    }
}
