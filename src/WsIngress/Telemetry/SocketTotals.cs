using System.Collections.Concurrent;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;

namespace WsIngress.Telemetry;

/// <summary>The labels that every traffic metric carries. Never a path, a client or a pod: their number is not ours to bound.</summary>
internal readonly record struct RouteLabels(string Namespace, string Ingress, string Service)
{
    public static RouteLabels Of(RequestFacts request, string? service) => request.Route is { } route
        ? new(route.Route.Owner.Namespace, route.Route.Owner.Name, service ?? route.Service)
        : new("", "", "");

    public static RouteLabels Of(SocketFacts socket) => new(socket.Route.Route.Owner.Namespace, socket.Route.Route.Owner.Name, socket.Service);
}

/// <summary>What the sockets of one route have moved: those that are closed, plus at each scrape those that are open.</summary>
internal sealed class SocketTotals
{
    private static readonly FrameOpcode[] Opcodes =
        [FrameOpcode.Continuation, FrameOpcode.Text, FrameOpcode.Binary, FrameOpcode.Close, FrameOpcode.Ping, FrameOpcode.Pong];

    private readonly Lock _gate = new();
    private readonly Direction _fromClient = new();
    private readonly Direction _fromBackend = new();

    /// <summary>Adds a socket that has ended.</summary>
    public void Add(RelayReport report)
    {
        lock (_gate)
        {
            _fromClient.Add(report.FromClient);
            _fromBackend.Add(report.FromBackend);
        }
    }

    /// <summary>A copy to which open sockets can be added.</summary>
    public SocketTotals Copy()
    {
        var copy = new SocketTotals();
        lock (_gate)
        {
            copy._fromClient.Add(_fromClient);
            copy._fromBackend.Add(_fromBackend);
        }

        return copy;
    }

    public int Open { get; private set; }

    /// <summary>Open sockets of which a side takes no bytes although some wait for it.</summary>
    public int Stalled { get; private set; }

    /// <summary>Some open socket's relay looks for that.</summary>
    public bool KnowsStalls { get; private set; }

    public void AddOpen(RelaySession session)
    {
        Open++;
        Stalled += session.IsStalled ? 1 : 0;
        KnowsStalls |= session.KnowsStalls;
        _fromClient.Add(session.FromClient);
        _fromBackend.Add(session.FromBackend);
    }

    public void Write(Action<string, long, long, IEnumerable<(string Opcode, long Frames)>> write)
    {
        write("client_to_backend", _fromClient.Messages, _fromClient.Bytes, _fromClient.Frames());
        write("backend_to_client", _fromBackend.Messages, _fromBackend.Bytes, _fromBackend.Frames());
    }

    private sealed class Direction
    {
        private readonly long[] _frames = new long[Opcodes.Length];

        public long Messages { get; private set; }

        public long Bytes { get; private set; }

        public void Add(in FrameCounters counters)
        {
            Messages += counters.Messages;
            Bytes += counters.WireBytes;
            for (var i = 0; i < Opcodes.Length; i++)
            {
                _frames[i] += counters.Frames(Opcodes[i]);
            }
        }

        public void Add(Direction other)
        {
            Messages += other.Messages;
            Bytes += other.Bytes;
            for (var i = 0; i < Opcodes.Length; i++)
            {
                _frames[i] += other._frames[i];
            }
        }

        public IEnumerable<(string, long)> Frames()
        {
            for (var i = 0; i < Opcodes.Length; i++)
            {
                yield return (Words[i], _frames[i]);
            }
        }
    }

    private static readonly string[] Words = [.. Opcodes.Select(o => o.ToString().ToLowerInvariant())];
}

/// <summary>Totals by labels, kept for as long as their series are on the page: counters never go back.</summary>
internal sealed class SocketTotalsByRoute
{
    private readonly ConcurrentDictionary<RouteLabels, SocketTotals> _closed = new();

    public void Add(SocketFacts socket, RelayReport report) => _closed.GetOrAdd(RouteLabels.Of(socket), _ => new()).Add(report);

    public void Remove(RouteLabels labels) => _closed.TryRemove(labels, out _);

    /// <summary>Closed and open together, at this moment.</summary>
    public Dictionary<RouteLabels, SocketTotals> Snapshot(RelayRegistry registry)
    {
        var all = _closed.ToDictionary(pair => pair.Key, pair => pair.Value.Copy());
        foreach (var session in registry)
        {
            if (session.Tag is not SocketFacts socket)
            {
                continue;
            }

            var labels = RouteLabels.Of(socket);
            if (!all.TryGetValue(labels, out var totals))
            {
                all.Add(labels, totals = new());
            }

            totals.AddOpen(session);
        }

        return all;
    }
}
