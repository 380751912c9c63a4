using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>
/// Keeps up with one target by LIST and WATCH. Decisions go by the status code:
/// <list type="bullet">
/// <item>A watch that ended as agreed goes on from the last version that an event or a bookmark showed, at once.</item>
/// <item>410, in the stream or by HTTP: the version is forgotten; list anew.</item>
/// <item>504: the server does not have our version; list anew. So with 400 and 422.</item>
/// <item>No answer, a cut, silence, an end before its time: whoever answers next may have come back from a backup, where our version lies in
/// the future, and a watch from it would wait in silence, or means something else. After a short break its present version is asked for: below
/// ours, its older state wins and is listed; else the watch goes on. After a longer one, be it of refusals alone, only a list tells.</item>
/// <item>Lines that are no events, and errors of the server, three times from one version: list anew.</item>
/// <item>Every other refusal: the same request again after a wait, with Retry-After honoured.</item>
/// </list>
/// </summary>
internal sealed class Reflector : WatchRequest.IListener
{
    private readonly ReflectorTarget _target;
    private readonly ReflectorOptions _options;
    private readonly ReflectorState _state;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly ListRequest _list;
    private readonly WatchRequest _watch;
    private readonly Backoff _backoff;
    private readonly Complaints _complaints;
    private readonly ReflectorContact _contact;
    private IReflectorSink _sink = null!;
    private string? _version;

    /// <summary>The last version that was seen at all; it outlives <see cref="_version"/>.</summary>
    private string _seen = "";
    private string? _anewBecause;
    private bool _isDoubtful;
    private int _fruitless;
    private string _verb = "list";

    public Reflector(
        ReflectorTarget target, ApiServer server, ReflectorOptions options, ReflectorState state, TimeProvider time, Random random, ILogger logger, Func<Sources.ObjectKey, bool>? wanted = null)
    {
        (_target, _options, _state, _time, _random, _logger) = (target, options, state, time, random, logger);
        _list = new(target, server, options, time, wanted);
        _watch = new(target, server, options, time, wanted);
        _backoff = new(options.FirstWait, options.LongestWait, time, random);
        _complaints = new(target, options, time, logger);
        _contact = state.NewContact(time.GetUtcNow());
    }

    /// <summary>Nobody misses the target while it cannot be followed.</summary>
    public bool IsDispensable
    {
        set => _contact.IsDispensable = value;
    }

    /// <summary>Runs until cancelled; trouble is waited out inside. Started again, it lists first.</summary>
    public async Task RunAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        (_sink, _version) = (sink, null);
        while (true)
        {
            try
            {
                if (_version is not null && (_isDoubtful || IsLongAgo))
                {
                    await AssureAsync(cancellation).ConfigureAwait(false);
                }

                if (_version is null)
                {
                    await ListAsync(cancellation).ConfigureAwait(false);
                }

                await WatchAsync(cancellation).ConfigureAwait(false);
            }
            catch (ApiException failed) when (!cancellation.IsCancellationRequested)
            {
                await FailedAsync(failed, cancellation).ConfigureAwait(false);
            }
        }
    }

    async ValueTask WatchRequest.IListener.OpenedAsync(CancellationToken cancellation)
    {
        _contact.IsWatching = true;
        Heard();
        await _complaints.OverAsync(_sink, cancellation).ConfigureAwait(false);
    }

    async ValueTask WatchRequest.IListener.TakeAsync(IReadOnlyList<WatchedObject> changes, string version, CancellationToken cancellation)
    {
        Heard();
        _contact.HasBookmarks = _watch.HasBookmarks;
        _state.Events(changes.Count);
        if (changes.Count > 0)
        {
            await _sink.ChangedAsync(_target, changes, version, cancellation).ConfigureAwait(false);
        }

        if (version.Length > 0 && version != _version)
        {
            (_version, _seen, _fruitless) = (version, version, 0);
        }
    }

    private async Task ListAsync(CancellationToken cancellation)
    {
        _verb = "list";
        if (_anewBecause is { } reason)
        {
            _state.Relist(reason);
            _logger.ListAnew(_target.ToString(), reason);
            _anewBecause = null;
        }

        var began = _time.GetTimestamp();
        _sink.Listing(_target);
        var list = await _list.AllAsync(Heard, cancellation, known: _sink.Known).ConfigureAwait(false);
        var isRestored = ResourceVersion.Number(list.Version) < ResourceVersion.Number(_seen);
        if (isRestored)
        {
            // Versions of another history: what looks like a form that is known may be another.
            list = await _list.AllAsync(Heard, cancellation).ConfigureAwait(false);
        }

        await _sink.ListedAsync(_target, list, isRestored, cancellation).ConfigureAwait(false);
        (_version, _seen, _isDoubtful, _fruitless) = (list.Version, list.Version, false, 0);
        _logger.Listed(list.Objects.Count, _target.ToString(), list.Version, _time.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>Forgets the version when the server may have another history than the one that it is of.</summary>
    private async Task AssureAsync(CancellationToken cancellation)
    {
        _verb = "list";
        if (IsLongAgo)
        {
            Forget("broken");
            return;
        }

        var present = await _list.VersionAsync(Heard, cancellation).ConfigureAwait(false);
        _isDoubtful = false;
        if (ResourceVersion.Number(present) < ResourceVersion.Number(_version!))
        {
            Forget("restored");
        }
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        _verb = "watch";
        var wished = _options.WatchTime * (1 + _random.NextDouble());
        var began = _time.GetTimestamp();
        WatchEnd end;
        try
        {
            end = await _watch.RunAsync(_version!, wished, this, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _contact.IsWatching = false;
            if (_time.GetElapsedTime(began) >= _options.Health)
            {
                _backoff.Reset();
            }
        }

        Heard();
        _isDoubtful = end == WatchEnd.Early;
        if (_time.GetElapsedTime(began) < _options.ShortestWatch)
        {
            await _backoff.WaitAsync(null, cancellation).ConfigureAwait(false);
        }
    }

    private async Task FailedAsync(ApiException failed, CancellationToken cancellation)
    {
        _state.Failed(failed.Code);
        switch (failed.Code)
        {
            case 410:
                Forget("expired");
                break;
            case 504:
                Forget("too-new");
                break;
            case 400 or 422:
                Forget("refused");
                break;
            case 0 when failed.Reason != WatchRequest.Unreadable:
                _isDoubtful = _version is not null;
                break;
            case 0 or (>= 500 and not 503) when _version is not null && ++_fruitless >= _options.MostFruitless:
                Forget(failed.Code == 0 ? "unreadable" : "refused");
                break;
        }

        // A watch whose version the server lost is no trouble: the list that follows mends it. A list that says so may never be one.
        if (_verb == "list" || failed.Code is not (410 or 504))
        {
            await _complaints.FailedAsync(failed, _verb, _sink, cancellation).ConfigureAwait(false);
        }

        await _backoff.WaitAsync(failed.RetryAfter, cancellation).ConfigureAwait(false);
    }

    private void Forget(string reason)
    {
        if (_version is not null)
        {
            (_version, _anewBecause, _isDoubtful) = (null, reason, false);
        }
    }

    private bool IsLongAgo => _time.GetUtcNow() - _contact.Last >= _options.LongestBreak;

    private void Heard() => _contact.Heard(_time.GetUtcNow());
}
