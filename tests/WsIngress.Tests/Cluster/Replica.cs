using WsIngress.Cluster;
using WsIngress.Cluster.Events;
using WsIngress.Tests.Store;

namespace WsIngress.Tests.Cluster;

/// <summary>All writers of one replica over the server and what the controller knows of it, on the clock of the test.</summary>
internal sealed class Replica
{
    public const string Address = "203.0.113.7";

    private readonly Board _board;
    private readonly CancellationTokenSource _stop = new();

    private Replica(Board board, string name, LeaseOptions lease, StatusOptions status, bool events, TimeProvider? time)
    {
        (_board, Name) = (board, name);
        Writers = new(
            board.Api,
            lease with { Identity = name },
            status,
            new EventOptions { Enabled = events, Controller = "wsingress.io/ingress-controller", Instance = name, Settle = TimeSpan.Zero },
            board.Sync,
            time ?? board.Time,
            new OneLogger(Log));
        Running = board.Run(async stopping =>
        {
            await using var both = stopping.Register(_stop.Cancel);
            await Writers.RunAsync(_stop.Token);
        });
    }

    public string Name { get; }

    public ClusterWriters Writers { get; }

    /// <summary>Ends when the replica has.</summary>
    public Task Running { get; }

    public RecordingLogger<Replica> Log { get; } = new();

    /// <summary>With one fixed address and Events, unless told otherwise.</summary>
    public static Replica Start(
        Board board, string name = "pod-0", StatusOptions? status = null, bool events = true, bool election = true, TimeProvider? time = null)
    {
        board.Server.Apply("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ops"}}""");
        return new(board, name, new() { Enabled = election, Namespace = "ops", Name = "wsingress-leader", Identity = "" }, status ?? new() { Addresses = [Address] }, events, time);
    }

    /// <summary>Waits until it leads, whatever it has to wait for.</summary>
    public Task LeadsAsync() => _board.PassAsync(() => Writers.IsLeader, TimeSpan.FromMilliseconds(200));

    /// <summary>The signal; it does not wait for the end.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>The signal, and time for the end.</summary>
    public async Task EndAsync()
    {
        Stop();
        await _board.PassAsync(() => Running.IsCompleted, TimeSpan.FromMilliseconds(200));
        await Running;
    }
}
