using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Translation;

namespace WsIngress.Cluster.Events;

/// <summary>
/// Events about pods that do not switch protocols, on the Ingress of the route, and about pods toward which source ports run out, on the Service. Written by
/// the replica that saw it, seldom: the data plane only puts a fact into a bounded queue, and equal ones are counted together.
/// </summary>
internal sealed class HandshakeEvents : IProxyTelemetry
{
    private const int QueueLength = 1024;
    private const int MostSeries = 1000;

    private readonly Channel<Fact> _queue = Channel.CreateBounded<Fact>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly EventSender _sender;
    private readonly EventOptions _options;
    private readonly SyncState _sync;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public HandshakeEvents(EventSender sender, EventOptions options, SyncState sync, TimeProvider time, ILogger logger) =>
        (_sender, _options, _sync, _time, _logger) = (sender, options, sync, time, logger);

    public void HandshakeCompleted(HandshakeFacts facts)
    {
        if (!_options.Enabled || facts.Request.Route is not { } route || !IsWorthTelling(facts))
        {
            return;
        }

        var owner = route.Route.Owner;
        Queue(new(new("Ingress", owner.Namespace, owner.Name), "Handshake", facts.Refusal.ToString(), facts.Service ?? route.Service, facts.Status, facts.Detail));
    }

    /// <summary>A pod holds most of the source ports.</summary>
    public void SourcePortsLow(SourcePortUse use)
    {
        if (_options.Enabled)
        {
            Queue(new(new("Service", use.Namespace, use.Service), "Connect", "SourcePortsLow", use.Service, 0, $"pod {use.Pod} ({use.Address}) holds eight tenths of the {use.Range} source ports of a replica of this ingress; at the end of them it gets no connection any more"));
        }
    }

    public void HttpCompleted(HttpFacts facts)
    {
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request)
    {
    }

    public void SocketClosed(SocketFacts facts, RelayReport report)
    {
    }

    /// <summary>Until asked to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (!_options.Enabled)
        {
            return;
        }

        var known = new Dictionary<EventKey, EventSeries>();
        try
        {
            await Steadfast.RunAsync(() => TellAsync(known, stopping), _options.Pause, _logger.Unforeseen, _time, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task TellAsync(Dictionary<EventKey, EventSeries> known, CancellationToken stopping)
    {
        while (true)
        {
            while (_queue.Reader.TryRead(out var fact))
            {
                Count(known, fact);
            }

            var wait = await SendDueAsync(known, stopping).ConfigureAwait(false);
            await WaitAsync(wait, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>A pod that asks for credentials or for patience speaks to its client, not to the operator.</summary>
    private static bool IsWorthTelling(HandshakeFacts facts) => facts.Refusal switch
    {
        HandshakeRefusal.PodRefused => facts.Status is not (401 or 403 or 407 or 429),
        HandshakeRefusal.PodProtocolError => true,
        _ => false,
    };

    private void Queue(Fact fact)
    {
        if (!_queue.Writer.TryWrite(fact))
        {
            _sender.Suppress();
        }
    }

    private void Count(Dictionary<EventKey, EventSeries> known, Fact fact)
    {
        if (_sync.Current.Snapshot is not { } snapshot || EventSubject.Find(snapshot, fact.About) is not { } about)
        {
            return;
        }

        var reason = fact.Reason;
        var note = EventText.Note(fact.Note);
        var key = EventSeries.Key(about, reason, note);
        if (known.TryGetValue(key, out var series))
        {
            series.Count++;
        }
        else if (known.Count < Math.Min(MostSeries, _options.MostSeries))
        {
            known.Add(key, new(about, EventText.Name(about, reason, note, _options.Instance), fact.Action, reason, note));
        }
        else
        {
            _sender.Suppress();
        }
    }

    /// <returns>How long until something is due; infinite when nothing will be by itself.</returns>
    private async Task<TimeSpan> SendDueAsync(Dictionary<EventKey, EventSeries> known, CancellationToken stopping)
    {
        var wait = Timeout.InfiniteTimeSpan;
        foreach (var (key, series) in known.ToArray())
        {
            var left = series.Told == 0 ? TimeSpan.Zero : _options.HandshakePeriod - _time.GetElapsedTime(series.At);
            var blocked = _sender.Remaining(series.Regarding);
            left = left > blocked ? left : blocked;
            if (series.Told == series.Count)
            {
                // Quiet for so long that the server has forgotten it too.
                if (_time.GetElapsedTime(series.At) >= TimeSpan.FromHours(1))
                {
                    known.Remove(key);
                }
            }
            else if (left <= TimeSpan.Zero)
            {
                await _sender.SendAsync(series, stopping.ThrowIfCancellationRequested, stopping).ConfigureAwait(false);
                wait = series.Told == series.Count ? wait : Shorter(wait, TimeSpan.FromSeconds(1));
            }
            else
            {
                wait = Shorter(wait, left);
            }
        }

        return wait;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one == Timeout.InfiniteTimeSpan || other < one ? other : one;

    private async Task WaitAsync(TimeSpan longest, CancellationToken stopping)
    {
        using var late = new CancellationTokenSource(longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, late.Token);
        try
        {
            await _queue.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // Something is due.
        }
    }

    private readonly record struct Fact(ObjectReference About, string Action, string Reason, string Service, int Status, string? Detail)
    {
        public string Note => Reason switch
        {
            nameof(HandshakeRefusal.PodRefused) => $"Service {Service}: a pod answered {Status} and not 101 to a WebSocket handshake",
            nameof(HandshakeRefusal.PodProtocolError) => $"Service {Service}: no valid answer to a WebSocket handshake: {Detail}",
            _ => $"Service {Service}: {Detail}",
        };
    }
}
