using System.Collections.Concurrent;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Keeps every fact, and lets a test wait for the next one.</summary>
internal sealed class RecordingTelemetry : IProxyTelemetry
{
    private readonly SemaphoreSlim _changed = new(0);

    public ConcurrentQueue<HttpFacts> Http { get; } = new();

    public ConcurrentQueue<HandshakeFacts> Handshakes { get; } = new();

    public ConcurrentQueue<SocketFacts> Opened { get; } = new();

    public ConcurrentQueue<(SocketFacts Socket, RelayReport Report)> Closed { get; } = new();

    public ConcurrentQueue<(SocketFacts Socket, RelaySide Side, TimeSpan Took)> Answers { get; } = new();

    public void HttpCompleted(HttpFacts facts) => Add(Http, facts);

    public void HandshakeCompleted(HandshakeFacts facts) => Add(Handshakes, facts);

    public void SocketOpened(SocketFacts facts, RequestFacts request) => Add(Opened, facts);

    public void SocketClosed(SocketFacts facts, RelayReport report) => Add(Closed, (facts, report));

    public void PingAnswered(SocketFacts facts, RelaySide side, TimeSpan took) => Add(Answers, (facts, side, took));

    /// <summary>Waits until the condition holds; it is looked at again after every fact.</summary>
    public async Task WaitAsync(Func<RecordingTelemetry, bool> condition)
    {
        while (!condition(this))
        {
            Assert.True(await _changed.WaitAsync(TimeSpan.FromSeconds(20)), "the expected fact did not come within 20 s");
        }
    }

    public async Task<RelayReport> OneReportAsync()
    {
        await WaitAsync(t => !t.Closed.IsEmpty);
        return Assert.Single(Closed).Report;
    }

    private void Add<T>(ConcurrentQueue<T> queue, T fact)
    {
        queue.Enqueue(fact);
        _changed.Release();
    }
}
