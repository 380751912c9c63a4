using WsIngress.Routing;

namespace WsIngress.Proxy.Balancing;

/// <summary>Live state of one backend (Service port): its current endpoints and its round-robin cursor, kept across table swaps.</summary>
public sealed class BackendState(Backend backend)
{
    private volatile EndpointSet _endpoints = EndpointSet.Empty;
    private uint _cursor;

    public string Key { get; } = backend.Key;

    public string Namespace { get; } = backend.Namespace;

    public string Service { get; } = backend.Service;

    public IReadOnlyList<EndpointEntry> Endpoints => _endpoints.All;

    internal EndpointSet Current
    {
        get => _endpoints;
        set => _endpoints = value;
    }

    /// <summary>Version of the objects that <see cref="Current"/> shows when it was set past a table; an older table does not take it back.</summary>
    internal long AsOf { get; set; }

    /// <summary>Its endpoints were set before: one that comes now has become ready just now.</summary>
    internal bool IsKnown { get; set; }

    internal uint NextTurn() => Interlocked.Increment(ref _cursor);
}
