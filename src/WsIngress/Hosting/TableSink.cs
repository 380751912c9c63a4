using WsIngress.Proxy;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>Hands new tables to the data plane and tells when the first one is live.</summary>
internal sealed class TableSink(DataPlane plane) : ITableSink
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task First => _first.Task;

    public void Publish(TranslationResult result)
    {
        plane.Publish(result.Table);
        _first.TrySetResult();
    }
}
