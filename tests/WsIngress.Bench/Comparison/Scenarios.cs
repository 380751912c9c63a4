namespace WsIngress.Bench.Comparison;

/// <summary>All rows of the comparison, with what wsingress is held to. Memory comes first, on a machine that has done nothing else.</summary>
internal static class Scenarios
{
    private const string Nginx = "nginx";
    private const int Kilo = 1 << 10;
    private const int Mega = 1 << 20;

    public static IReadOnlyList<Scenario> Create(DataPlaneOptions options) =>
        [.. All(options).Where(s => options.Only.Length == 0 || options.Only.Contains(s.Group))];

    private static IEnumerable<Scenario> All(DataPlaneOptions options)
    {
        var crowd = options.Quick ? 1_000 : 4_000;
        var crowdTls = options.Quick ? 500 : 3_000;
        yield return new IdleScenario("idle", options.Load("hold", crowd, 64), new(AtMost: true, 1, AlsoBelow: "haproxy"));
        yield return new IdleScenario("idle-tls", options.Load("hold", crowdTls, 64, tls: true), new(AtMost: true, 15, AlsoBelow: "haproxy"));
        foreach (var scenario in Messages(options, tls: false).Concat(Messages(options, tls: true)))
        {
            yield return scenario;
        }

        foreach (var (group, tls) in new[] { ("stream", false), ("stream-tls", true) })
        {
            yield return new StreamScenario(group, options.Load("up", 10, 16 * Kilo, tls));
            yield return new StreamScenario(group, options.Load("down", 10, 16 * Kilo, tls));
        }

        yield return new HandshakeScenario("handshake", options.Load("handshakes", crowd, 64), Target.MostOf(0.9, Nginx));
        yield return new HandshakeScenario("handshake", options.Load("goodbyes", crowd, 64), null);
        yield return new HandshakeScenario("handshake-tls", options.Load("handshakes", crowdTls, 64, tls: true), Target.MostOf(1.15, Nginx));
        yield return new HandshakeScenario("handshake-tls", options.Load("handshakes", crowdTls, 64, tls: true, resume: true), Target.MostOf(1.15, Nginx));
        yield return new LatencyScenario("latency", options.Load("rate", 100, 64) with { Rate = 10_000 }, Target.MostOf(1, Nginx));
        yield return new HttpScenario("http", options.Seconds, 64, Target.LeastOf(1.2, "yarp"));
    }

    private static IEnumerable<Scenario> Messages(DataPlaneOptions options, bool tls)
    {
        var (small, sizes) = tls ? ("wss", "sizes-tls") : ("ws", "sizes");
        foreach (var sockets in options.Quick ? new[] { 100, 1_000 } : [100, 1_000, 5_000])
        {
            yield return new MessageScenario(small, options.Load("echo", sockets, 64, tls), Target.MostOf(tls ? 0.95 : sockets == 100 ? 1 : 0.9, Nginx));
        }

        foreach (var (payload, sockets) in new[] { (Kilo, 100), (16 * Kilo, 100), (Mega, 20) })
        {
            var held = payload > Kilo && !tls;
            yield return new MessageScenario(
                sizes, options.Load("echo", sockets, payload, tls), held ? Target.MostOf(1, Nginx) : null, held ? Target.LeastOf(1, Nginx) : null);
        }
    }
}
