using WsIngress.Relay;

namespace WsIngress.Tests.Relay.Support;

/// <summary>Tests that every driver passes: each class of them has one descendant for each.</summary>
public abstract class RelaySuite : IAsyncDisposable
{
    private readonly List<RelayHarness> _harnesses = [];
    private readonly RelayDriver _driver;

    private protected RelaySuite(RelayDriver driver)
    {
        _driver = driver;
    }

    /// <summary>A write is done, or refused, before the call returns; on a stream of a loop it has to get to the loop's thread first.</summary>
    private protected bool WritesAtOnce => _driver != RelayDriver.StreamsTls;

    public async ValueTask DisposeAsync()
    {
        foreach (RelayHarness harness in _harnesses)
        {
            await harness.DisposeAsync();
        }
    }

    private protected RelayHarness Harness(RelayOptions? options = null, int capacity = 64 * 1024)
    {
        var harness = new RelayHarness(_driver, options, capacity);
        _harnesses.Add(harness);
        return harness;
    }
}
