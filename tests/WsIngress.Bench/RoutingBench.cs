using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Tls;
using WsIngress.Routing;
using WsIngress.Translation;

namespace WsIngress.Bench;

/// <summary>10,000 hosts x 2 paths: translate, index, publish, match.</summary>
internal static class RoutingBench
{
    private const int Ingresses = 10_000;

    private static readonly TranslationOptions Options = new() { IngressClassByName = true };

    public static int Run()
    {
        var snapshot = LargeCluster.Create(Ingresses);
        RoutingTable? table = null;
        var memory = new TranslationMemory();
        Figures.Print("translate 10,000 Ingresses (first, cold)", Figures.Cost(1, () => table = Translator.Translate(snapshot, Options).Table));
        Figures.Print("translate 10,000 Ingresses (median of 9)", Figures.Cost(9, () => table = Translator.Translate(snapshot, Options).Table));
        Figures.Print("translate again, nothing changed (median of 9)", Figures.Cost(9, () => table = Translator.Translate(snapshot, Options, memory).Table));
        Figures.Print("content hash (median of 9)", Figures.Cost(9, () => _ = new RoutingTable(table!.Hosts, table.Backends, table.TlsBindings).ContentHash));
        RouteMatcher? matcher = null;
        Figures.Print("build the matcher: 10,000 hosts x 2 paths (median of 9)", Figures.Cost(9, () => matcher = new RouteMatcher(table!)));
        var holder = new LiveTableHolder(new CertificateMap.Factory(DefaultCertificate.Create(TimeProvider.System), NullLogger.Instance));
        Figures.Print("publish it (first)", Figures.Cost(1, () => holder.Publish(table!)));
        Figures.Print("publish it again (median of 9)", Figures.Cost(9, () => holder.Publish(table!)));
        Match(matcher!);
        return 0;
    }

    private static void Match(RouteMatcher matcher)
    {
        const int Times = 1_000_000;
        string[] hosts = [.. Enumerable.Range(0, 1000).Select(i => $"{LargeCluster.Name(i * 10)}.example.com")];
        var found = 0;
        Loop(10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var milliseconds = Figures.MedianMilliseconds(1, () => Loop(Times));
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Figures.Print($"match ({found:N0} found)", $"{milliseconds * 1e6 / Times:0} ns, {(double)bytes / Times:0.000} bytes");

        void Loop(int times)
        {
            for (var i = 0; i < times; i++)
            {
                found += matcher.Match(hosts[i % hosts.Length], "/socket/chat", new NoConditions()).Route is not null ? 1 : 0;
            }
        }
    }

    private readonly struct NoConditions : IRequestView
    {
        public ReadOnlySpan<char> Method => "GET";

        public bool TryGetHeader(string name, out ReadOnlySpan<char> value)
        {
            value = default;
            return false;
        }

        public bool TryGetQuery(string name, out ReadOnlySpan<char> value)
        {
            value = default;
            return false;
        }
    }
}
