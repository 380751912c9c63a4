using System.Collections.Immutable;
using WsIngress.Proxy;
using WsIngress.Routing;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>Hands new tables to the data plane and tells when the first one is live.</summary>
internal sealed class TableSink(DataPlane plane) : ITableSink
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task First => _first.Task;

    public void Publish(TranslationResult result, long asOf)
    {
        plane.Publish(result.Table, asOf);
        _first.TrySetResult();
    }

    public void Report(TranslationResult result, long asOf) => plane.Tables.Settle(result.Table, asOf);

    public void SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf) => plane.Tables.SetEndpoints(backendKey, endpoints, asOf);
}
