using System.Net;

namespace WsIngress.E2E.Harness;

/// <summary>Many echo pods in this process, each with an address of 127/8 of its own and all on one port, as the pods of a Service are.</summary>
internal sealed class PodFleet : IAsyncDisposable
{
    private readonly List<FleetPod> _pods = [];

    public IReadOnlyList<FleetPod> Pods => _pods;

    /// <summary>Of all pods; 0 before the first.</summary>
    public int Port { get; private set; }

    public async Task<FleetPod> AddAsync(string name)
    {
        var pod = await FleetPod.StartAsync(name, IPAddress.Parse($"127.0.{1 + (_pods.Count / 250)}.{1 + (_pods.Count % 250)}"), Port);
        Port = pod.Port;
        _pods.Add(pod);
        return pod;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods)
        {
            await pod.DisposeAsync();
        }
    }
}
