using System.Diagnostics;
using System.Net;
using k8s.Models;
using WsIngress.ApiServer;

namespace WsIngress.Bench;

/// <summary>
/// The controller over an API server with a large cluster: how long it takes to be ready, what it weighs, and how fast a change reaches
/// traffic while other things change. Times are counted from the write at the API server, so the watch is in them. As in a real cluster the
/// Ingresses' ages have nothing to do with their names, and some have certificates.
/// </summary>
internal static class ControlPlaneBench
{
    private const string Namespace = "tenants";
    private const int Rounds = 100;
    private const string Address = "203.0.113.10";

    /// <summary>Of so many Ingresses one has a certificate, a Secret of its own.</summary>
    private const int OneInTls = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(int ingresses, bool writers)
    {
        var calendar = new Calendar();
        await using var server = await FakeApiServer.StartAsync(new() { EventsKept = 100_000 }, calendar);
        Fill(server, calendar, ingresses);
        Figures.Print("cluster", $"{ingresses:N0} Ingresses, {(ingresses + OneInTls - 1) / OneInTls:N0} with TLS, {ingresses:N0} Services, {2 * ingresses:N0} EndpointSlices");
        Figures.Print("writers", writers ? "Lease, status, Events" : "off");
        await using var controller = await ControllerProcess.StartAsync(server, writers ? Address : null);
        Figures.Print("start to ready", $"{controller.ToReady.TotalSeconds:0.0} s, CPU {controller.Cpu.TotalSeconds:0.0} s");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        Figures.Print("memory (RSS), peak of the start", $"{controller.Memory:0} MiB, {controller.PeakMemory:0} MiB");
        await NewIngressesAsync(server, controller);
        await ListAnewAsync(server, controller);
        await IdleAsync(controller);
        using var stop = new CancellationTokenSource();
        var noise = UnrelatedAsync(server, ingresses, stop.Token);
        await UnrelatedCostAsync(controller);
        await PodsAsync(server, controller);
        await stop.CancelAsync();
        await noise;
        Figures.Print("memory (RSS) at the end", $"{controller.Memory:0} MiB");
        return 0;
    }

    private static void Fill(FakeApiServer server, Calendar calendar, int ingresses)
    {
        server.Apply(new V1IngressClass { Metadata = new() { Name = "wsingress" }, Spec = new() { Controller = "wsingress.io/ingress-controller" } });
        var cluster = LargeCluster.Create(ingresses);
        var order = Enumerable.Range(0, ingresses).ToArray();
        new Random(1).Shuffle(order);
        foreach (var i in order)
        {
            // As in a cluster that has been running: the status is there, and only what is new gets one.
            cluster.Ingresses[i].Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = Address }] } };
            calendar.Turn();
            if (i % OneInTls == 0)
            {
                server.Apply(LargeCluster.Certificate(i));
                cluster.Ingresses[i].Spec.Tls = [new() { Hosts = [$"{LargeCluster.Name(i)}.example.com"], SecretName = LargeCluster.Name(i) }];
            }

            server.Apply(cluster.Ingresses[i]);
            server.Apply(cluster.Services[i]);
            server.Apply(cluster.EndpointSlices[i]);
            server.Apply(Slice($"{LargeCluster.Name(i)}-2", LargeCluster.Name(i), 8080, $"10.{128 + (i >> 8 & 127)}.{i & 255}.3"));
        }
    }

    /// <summary>A new Ingress, to a Service that does not exist so that no pod takes part: from its write to the first 503 in place of 404.</summary>
    private static async Task NewIngressesAsync(FakeApiServer server, ControllerProcess controller)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var times = new double[Rounds];

        // The first request of a process compiles the way of all requests, here and there; that is no part of the way of a change.
        await StatusAsync(client, controller.Http, "nobody.example.com");
        var cpu = controller.Cpu;
        for (var i = 0; i < Rounds; i++)
        {
            var ingress = LargeCluster.Create(1).Ingresses[0];
            var host = $"new-{i}.example.com";
            (ingress.Metadata.Name, ingress.Spec.Rules[0].Host) = ($"new-{i}", host);
            ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Name = "none";
            var began = Stopwatch.GetTimestamp();
            server.Apply(ingress);
            times[i] = await UntilAsync(began, async () => await StatusAsync(client, controller.Http, host) != HttpStatusCode.NotFound);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Figures.Print("new Ingress: written to served", $"{Show(times)}, CPU {(controller.Cpu - cpu).TotalMilliseconds / Rounds:0} ms each");
    }

    /// <summary>Every version is forgotten and every watch cut: all is listed anew beside what is served.</summary>
    private static async Task ListAnewAsync(FakeApiServer server, ControllerProcess controller)
    {
        controller.ForgetPeak();
        var (cpu, began, lists) = (controller.Cpu, Stopwatch.GetTimestamp(), await RelistsAsync(controller));
        server.Compact();
        server.Faults.CutWatches();
        var took = await UntilAsync(began, async () => await RelistsAsync(controller) >= lists + Kinds && Kinds <= Watches(server));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Figures.Print("all listed anew", $"{took / 1000:0.0} s, CPU {(controller.Cpu - cpu).TotalSeconds:0.0} s, memory (RSS) peak {controller.PeakMemory:0} MiB");
    }

    /// <summary>Kinds that the controller follows.</summary>
    private const int Kinds = 5;

    private static int Watches(FakeApiServer server) => new[] { "ingresses", "ingressclasses", "services", "endpointslices", "secrets" }.Count(kind => server.Watchers(kind) > 0);

    private static async Task<double> RelistsAsync(ControllerProcess controller) => (await controller.MetricsAsync()).Split('\n')
        .Where(line => line.StartsWith("wsingress_source_relists_total{", StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    private static async Task IdleAsync(ControllerProcess controller)
    {
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        var cpu = controller.Cpu;
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        Figures.Print("CPU when nothing changes", $"{(controller.Cpu - cpu).TotalMilliseconds / 5:0.0} ms/s");
    }

    private static async Task UnrelatedCostAsync(ControllerProcess controller)
    {
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var cpu = controller.Cpu;
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        Figures.Print("CPU per unrelated update (50 EndpointSlices/s)", $"{(controller.Cpu - cpu).TotalMilliseconds / 500:0.00} ms");
    }

    /// <summary>A pod enters and leaves a Service while handshakes go on: from the write to the first handshake it gets, and to the last.</summary>
    private static async Task PodsAsync(FakeApiServer server, ControllerProcess controller)
    {
        using var one = new HandshakePod("one");
        using var two = new HandshakePod("two");
        const string Host = "pods.example.com";
        server.Apply(new V1Service { Metadata = new() { Name = "pods", NamespaceProperty = Namespace }, Spec = new() { Ports = [new() { Name = "http", Port = 80, Protocol = "TCP" }] } });
        var ingress = LargeCluster.Create(1).Ingresses[0];
        (ingress.Metadata.Name, ingress.Spec.Rules[0].Host, ingress.Spec.Rules[0].Http.Paths) = ("pods", Host,
            [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = "pods", Port = new() { Number = 80 } } } }]);
        server.Apply(ingress);
        server.Apply(Slice("pods-1", "pods", one.Port, "127.0.0.1"));
        await UntilAsync(Stopwatch.GetTimestamp(), async () => await HandshakePod.AskAsync(controller.Http, Host) == "one");
        var (come, gone) = (new double[Rounds], new double[Rounds]);
        for (var i = 0; i < Rounds; i++)
        {
            var began = Stopwatch.GetTimestamp();
            server.Apply(Slice("pods-2", "pods", two.Port, "127.0.0.1"));
            come[i] = await UntilAsync(began, async () => await HandshakePod.AskAsync(controller.Http, Host) == "two");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            server.Delete("endpointslices", Namespace, "pods-2");
            gone[i] = await LastOfTwoAsync(controller.Http, Host);
        }

        Figures.Print("EndpointSlice: written to the pod's first handshake", Show(come));
        Figures.Print("EndpointSlice: deleted to the end of the pod's last handshake", Show(gone));
    }

    /// <summary>Handshakes for 100 ms; milliseconds from now to the end of the last that went to the pod that is gone.</summary>
    private static async Task<double> LastOfTwoAsync(IPEndPoint proxy, string host)
    {
        var (began, last) = (Stopwatch.GetTimestamp(), 0.0);
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromMilliseconds(100))
        {
            if (await HandshakePod.AskAsync(proxy, host) == "two")
            {
                last = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
        }

        return last;
    }

    /// <summary>50 changes a second of EndpointSlices of other Services.</summary>
    private static async Task UnrelatedAsync(FakeApiServer server, int ingresses, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            for (var i = 0; await timer.WaitForNextTickAsync(stop); i++)
            {
                var name = LargeCluster.Name(i * 7 % ingresses);
                server.Apply(Slice($"{name}-2", name, 8080, $"10.200.{i >> 8 & 255}.{i & 255}"));
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    private static V1EndpointSlice Slice(string name, string service, int port, string address) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = Namespace, Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service } },
        AddressType = "IPv4",
        Ports = [new() { Name = "http", Port = port, Protocol = "TCP" }],
        Endpoints = [new() { Addresses = [address], Conditions = new() { Ready = true, Serving = true, Terminating = false }, TargetRef = new() { Kind = "Pod", Name = name, NamespaceProperty = Namespace, Uid = $"uid-{name}-{address}" } }],
    };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, IPEndPoint proxy, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{proxy}/none");
        request.Headers.Host = host;
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<double> UntilAsync(long began, Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException("the change never reached traffic");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static string Show(double[] times) =>
        $"median {Figures.Percentile(times, 0.5):0.0} ms, p99 {Figures.Percentile(times, 0.99):0.0} ms, first {times[0]:0.0} ms";

    /// <summary>A clock whose days pass when the bench says so: ages are given by the server.</summary>
    private sealed class Calendar : TimeProvider
    {
        private int _days;

        public void Turn() => _days++;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(_days - 20_000);
    }
}
