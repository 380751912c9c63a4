using System.Globalization;

namespace WsIngress.Bench.Proxies;

/// <summary>What wsingress says of its garbage collector.</summary>
/// <param name="Collections">Of any generation.</param>
/// <param name="Allocated">Bytes.</param>
/// <param name="Paused">Seconds in which everything waited.</param>
internal sealed record Heap(double Collections, double Allocated, double Paused)
{
    public static Heap Read(RunningProxy proxy)
    {
        using var http = new HttpClient();
        using var response = http.Send(new(HttpMethod.Get, $"http://127.0.0.1:{proxy.Metrics}/metrics"));
        using var reader = new StreamReader(response.Content.ReadAsStream());
        var lines = reader.ReadToEnd().Split('\n');
        return new(Value(lines, "wsingress_gc_collections_total{generation=\"0\"} "), Value(lines, "wsingress_gc_allocated_bytes_total "), Value(lines, "wsingress_gc_pause_seconds_total "));
    }

    private static double Value(string[] lines, string name) =>
        double.Parse((lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? throw new IOException($"/metrics has no {name}"))[name.Length..], CultureInfo.InvariantCulture);
}
