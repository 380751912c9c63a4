using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Proxies;

/// <summary>A proxy that runs, or with no process the pod itself: the same load without anything between.</summary>
internal sealed class RunningProxy(string name, ChildProcess? process, int http, int? https) : IDisposable
{
    public string Name => name;

    public int Http => http;

    /// <summary>Null where there is no TLS.</summary>
    public int? Https => https;

    /// <summary>Where wsingress answers `/metrics`.</summary>
    public int? Metrics { get; init; }

    public bool IsDirect => process is null;

    /// <summary>Of all its processes, in microseconds, since they were started.</summary>
    public double Cpu => process is null ? 0 : ProcessTree.CpuMicroseconds(process.Id);

    public double ResidentKiB => process is null ? 0 : ProcessTree.ResidentKiB(process.Id);

    public double Threads => process is null ? 0 : ProcessTree.Threads(process.Id);

    public double Descriptors => process is null ? 0 : ProcessTree.Descriptors(process.Id);

    public bool HasExited => process?.HasExited ?? false;

    /// <summary>Returns when it accepts connections on its ports.</summary>
    /// <exception cref="IOException">It ended, or does not listen in time.</exception>
    public void WaitUntilServing(CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var port in new[] { Http, Https, Metrics }.OfType<int>())
        {
            while (!Accepts(port))
            {
                if (HasExited || Stopwatch.GetElapsedTime(began).TotalSeconds > 40)
                {
                    throw new IOException($"{Name} {(HasExited ? "ended" : "does not listen")}");
                }

                stop.WaitHandle.WaitOne(50);
                stop.ThrowIfCancellationRequested();
            }
        }
    }

    public void Dispose() => process?.Dispose();

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
