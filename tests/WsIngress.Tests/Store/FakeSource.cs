using System.Threading.Channels;
using WsIngress.Sources;

namespace WsIngress.Tests.Store;

/// <summary>A source that says what the test says.</summary>
internal sealed class FakeSource(string name = "fake") : IObjectSource
{
    private readonly Channel<object> _script = Channel.CreateUnbounded<object>();

    public string Name => name;

    public int Runs { get; private set; }

    public void Deliver(SourceBatch batch) => _script.Writer.TryWrite(batch);

    public void Deliver(params StoreEvent[] events) => Deliver(new SourceBatch { Events = [.. events] });

    public void Fail(Exception failure) => _script.Writer.TryWrite(failure);

    public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
    {
        Runs++;
        await foreach (var step in _script.Reader.ReadAllAsync(cancellation))
        {
            if (step is Exception failure)
            {
                throw failure;
            }

            await sink.DeliverAsync((SourceBatch)step, cancellation);
        }
    }
}
