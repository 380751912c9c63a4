using System.Globalization;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Proxies;

/// <summary>The backend's process, as the bench sees it.</summary>
internal sealed class PodProcess : IDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _http = new();

    public PodProcess(Workplace place, CancellationToken stop)
    {
        Port = place.FreePort();
        _process = ChildProcess.Talk(ProxyKind.Self, ["bench-echo", $"{Port}"], Steady);
        if (_process.Listen(TimeSpan.FromSeconds(20), stop) != "READY")
        {
            _process.Dispose();
            throw new IOException("the pod did not start");
        }
    }

    /// <summary>The load's own processes compile their code once, fully: no tiers that change it while they measure.</summary>
    public static (string Name, string Value)[] Steady => [("DOTNET_TieredCompilation", "0"), ("DOTNET_gcConcurrent", "0")];

    public int Port { get; }

    public double Cpu => ProcessTree.CpuMicroseconds(_process.Id);

    /// <summary>Waits until no WebSocket is open there; false when some stay.</summary>
    public bool WaitUntilEmpty(CancellationToken stop)
    {
        for (var i = 0; i < 200; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{Port}/status");
            using var response = _http.Send(request, stop);
            using var reader = new StreamReader(response.Content.ReadAsStream(stop));
            if (int.Parse(reader.ReadToEnd(), CultureInfo.InvariantCulture) == 0)
            {
                return true;
            }

            stop.WaitHandle.WaitOne(50);
            stop.ThrowIfCancellationRequested();
        }

        return false;
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
    }
}
