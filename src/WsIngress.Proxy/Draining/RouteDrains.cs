using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Routing;

namespace WsIngress.Proxy.Draining;

/// <summary>
/// Ends the open sockets whose host and path no route serves any more, where their Ingress asked for that. An Ingress that is deleted and made
/// anew, or mended at once, costs nobody a socket: what is not served is looked at a second time before anything ends.
/// </summary>
internal sealed class RouteDrains : IDisposable
{
    /// <summary>Between the two looks.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly RelayRegistry _sockets;
    private readonly Func<LiveTable> _table;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private HashSet<RelaySession> _unserved = [];
    private bool _armed;

    /// <summary>Something happened after the look that is under way or to come has begun.</summary>
    private bool _again;

    public RouteDrains(RelayRegistry sockets, Func<LiveTable> table, TimeProvider time, Random random, ILogger logger)
    {
        (_sockets, _table, _time, _random, _logger) = (sockets, table, time, random, logger);
        _timer = time.CreateTimer(static state => ((RouteDrains)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Another table is live. Returns at once; however many come, sockets are walked once in the time of grace.</summary>
    public void Published()
    {
        if (_sockets.Count > 0)
        {
            LookSoon();
        }
    }

    /// <summary>A socket is open, perhaps of a route that went during its handshake.</summary>
    public void Opened(SocketFacts facts)
    {
        if (MayEnd(facts) && !Serves(facts))
        {
            LookSoon();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _stop.Cancel();
    }

    private void Look()
    {
        lock (_gate)
        {
            _again = false;
        }

        var unserved = _sockets.Where(session => session.Tag is SocketFacts facts && MayEnd(facts) && session.Outcome is null && !Serves(facts)).ToHashSet();
        RelaySession[] leaving;
        lock (_gate)
        {
            leaving = [.. unserved.Where(_unserved.Contains)];
            unserved.ExceptWith(leaving);
            _unserved = unserved;
            _armed = unserved.Count > 0 || _again;
            if (_armed)
            {
                _timer.Change(unserved.Count > 0 ? Grace : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var group in leaving.GroupBy(session => Terms((SocketFacts)session.Tag!)))
        {
            var facts = (SocketFacts)group.First().Tag!;
            ProxyLog.RouteGone(_logger, facts.Route.Route.Owner.ToString(), facts.Host, group.Count());
            _ = EndAsync([.. group], group.Key.Window);
        }
    }

    private void LookSoon()
    {
        lock (_gate)
        {
            _again = true;
            if (!_armed)
            {
                _armed = true;
                _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task EndAsync(RelaySession[] sessions, TimeSpan window)
    {
        try
        {
            await EvenPace.EndAsync(sessions, window, _time, _random, End, static () => false, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The process ends, and every socket with it.
        }
    }

    private void End(RelaySession session)
    {
        // It may be back by now.
        if (!Serves((SocketFacts)session.Tag!))
        {
            session.RequestEnd(RelayOutcome.RouteRemoved);
        }
    }

    private static bool MayEnd(SocketFacts facts) => facts.Route.Policy.WebSocket.OnRouteRemoved != RouteRemoval.Keep;

    private bool Serves(SocketFacts facts) => _table().Matcher.Serves(HostText.WithoutPort(facts.Host), facts.Path);

    private static (RouteOwner Owner, TimeSpan Window) Terms(SocketFacts facts) =>
        (facts.Route.Route.Owner, facts.Route.Policy.WebSocket.OnRouteRemoved == RouteRemoval.Close ? TimeSpan.Zero : PodDrains.PolicyOf(facts).Window);
}
