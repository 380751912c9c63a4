using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>
/// wsingress beside nginx, HAProxy and plain YARP in one run, before the same pod, under the same load. Rounds go A B C A B C, so that what the
/// machine does meanwhile hits all alike; the median of a column counts, and its ratio to nginx.
/// </summary>
internal sealed class DataPlaneBench : IDisposable
{
    private readonly EndSignals _signals = new();
    private readonly DataPlaneOptions _options;
    private readonly IReadOnlyList<ProxyKind> _kinds;
    private readonly Workplace _place = new();
    private readonly Dictionary<string, RunningProxy> _running = [];

    private DataPlaneBench(DataPlaneOptions options) => (_options, _kinds) = (options, options.Kinds());

    public static int Run(string[] arguments)
    {
        if (DataPlaneOptions.Read(arguments) is not { } options)
        {
            return 2;
        }

        if (!File.Exists(options.Program))
        {
            Console.Error.WriteLine($"{options.Program}: not there; the peers alone are measured");
        }

        using var bench = new DataPlaneBench(options);
        return bench.Run();
    }

    public void Dispose()
    {
        foreach (var proxy in _running.Values)
        {
            proxy.Dispose();
        }

        _place.Dispose();
        _signals.Dispose();
    }

    private int Run()
    {
        var result = new ComparisonResult
        {
            Date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm'Z'"),
            Machine = ComparisonResult.ThisMachine(),
            Seconds = _options.Seconds,
            Rounds = _options.Rounds,
            Peers = [.. _kinds.Select(k => new PeerColumn(k.Name, k.Version))],
        };
        try
        {
            using var pod = new PodProcess(_place, _signals.Token);
            var site = new Site(_place, pod, _signals.Token);
            foreach (var scenario in Scenarios.Create(_options))
            {
                result.Rows.AddRange(Measure(site, scenario));
            }
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("stopped");
            return 130;
        }

        Console.Write(new ResultTable(result, markdown: false));
        if (_options.Json is { } file)
        {
            result.Write(file);
        }

        var clean = !result.Rows.Any(r => r.Cells.Values.Any(c => c.Invalid is not null));
        if (!clean)
        {
            _place.Keep = true;
            Console.Error.WriteLine($"logs: {_place.Folder}");
        }

        return clean ? 0 : 1;
    }

    private IEnumerable<ResultRow> Measure(Site site, Scenario scenario)
    {
        if (scenario.Obstacle is { } obstacle)
        {
            Console.Error.WriteLine($"{scenario.Name}: left out: {obstacle}");
            return [];
        }

        var rows = new ResultBuilder(scenario);
        for (var round = 1; round <= _options.Rounds; round++)
        {
            foreach (var kind in _kinds.Where(k => (k != ProxyKind.Direct || scenario.HasDirect) && (k != ProxyKind.Bare || scenario.HasBare)))
            {
                var sample = Sample(site, scenario, kind);
                rows.Add(kind.Name, sample);
                var figures = scenario.Metrics.Where(m => !m.OfLoad && sample.Figures.ContainsKey(m.Name)).Select(m => $"{m.Name} {sample.Figures[m.Name]:0.##} {m.Unit}");
                Console.Error.WriteLine($"{scenario.Name}, round {round}, {kind.Name}: {string.Join(", ", figures.Concat(sample.Troubles))}");
            }
        }

        return rows.Rows([.. _kinds.Select(k => k.Name).Where(n => n == "wsingress" || _options.Variants.Any(v => v.Name == n))]);
    }

    private Sample Sample(Site site, Scenario scenario, ProxyKind kind)
    {
        try
        {
            if (!scenario.Fresh)
            {
                return scenario.Measure(site, Running(site, kind));
            }

            using var proxy = Start(site, kind);
            return scenario.Measure(site, proxy);
        }
        catch (IOException error)
        {
            var sample = new Sample();
            sample.Trouble(error.Message);
            return sample;
        }
    }

    private static RunningProxy Start(Site site, ProxyKind kind)
    {
        var proxy = kind.Start(site.Place, site.Pod.Port);
        try
        {
            proxy.WaitUntilServing(site.Stop);
            return proxy;
        }
        catch
        {
            proxy.Dispose();
            throw;
        }
    }

    /// <summary>The process that all scenarios share, warm: code that the runtime compiles in tiers has its last form.</summary>
    private RunningProxy Running(Site site, ProxyKind kind)
    {
        if (_running.TryGetValue(kind.Name, out var proxy) && !proxy.HasExited)
        {
            return proxy;
        }

        proxy?.Dispose();
        proxy = Start(site, kind);
        _running[kind.Name] = proxy;
        if (!proxy.IsDirect)
        {
            var load = _options.Load("echo", 100, 64) with { Seconds = _options.Quick ? 1 : 3 };
            site.Run(proxy, load);
            site.Handshakes(proxy, load with { Mode = "handshakes", Sockets = 500 }, out _);
            if (proxy.Https is not null)
            {
                site.Run(proxy, load with { Tls = true });
                site.Handshakes(proxy, load with { Mode = "handshakes", Sockets = 500, Tls = true }, out _);
            }
        }

        return proxy;
    }
}
