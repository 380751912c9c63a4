using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// The one owner of the objects and of the way from them to the live table. Everything it knows it is told through one queue, so it
/// needs no lock. Its cases:
/// <list type="number">
/// <item>A batch arrives: apply it. An event that changes nothing is forgotten.</item>
/// <item>Not every source has delivered all its objects: wait, publish nothing.</item>
/// <item>The last source has just done so: translate at once.</item>
/// <item>A settled batch changed something: translate at once, the source has already waited for calm.</item>
/// <item>Single events changed something: translate when the hold-off is over, at the latest after its maximum.</item>
/// <item>An EndpointSlice changed: hand the endpoints of its Service over at once, and translate when there is time.</item>
/// <item>A translation is under way, beside the loop: go on taking events; the next translation begins after it.</item>
/// <item>A translation has failed: the last table stays live; translate again after a pause, or with the next change.</item>
/// <item>Only problems or lines changed: tell them anew, without a translation.</item>
/// <item>A source fails before its first delivery: stop with its exception. Later: start it anew.</item>
/// </list>
/// </summary>
internal sealed class SyncLoop
{
    /// <summary>Batches that wait in the queue, and that are taken before it is asked whether to translate.</summary>
    private const int MostAtOnce = 256;

    private readonly IReadOnlyList<IObjectSource> _sources;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Publisher _publisher;
    private readonly SyncState _state;
    private readonly ObjectStore _store = new();
    private readonly EndpointPath _endpoints;
    private readonly SourceState[] _told;
    private readonly Channel<(int Source, SourceBatch Batch, long Told)> _queue = Channel.CreateBounded<(int, SourceBatch, long)>(MostAtOnce);
    private HoldOff _holdOff;
    private HoldOff _endpointHoldOff;
    private HoldOff _retry;
    private volatile Task<bool>? _translation;
    private long _translatedAt;
    private bool _settled;
    private bool _retell;

    public SyncLoop(
        IReadOnlyList<IObjectSource> sources,
        Func<ClusterSnapshot, TranslationResult> translate,
        ITableSink sink,
        SyncState state,
        TimeProvider time,
        ILogger<SyncLoop> logger,
        SyncOptions? options = null,
        Action<ClusterSnapshot>? prepare = null)
    {
        _sources = sources;
        _options = options ?? SyncOptions.Default;
        (_time, _logger, _state) = (time, logger, state);
        _told = [.. sources.Select(_ => new SourceState())];
        _publisher = new(translate, sink, state, time, logger, prepare);
        _endpoints = new(_store, sink);
        _holdOff = new(time, _options.HoldOff, _options.MaximumHoldOff);
        _translatedAt = time.GetTimestamp();
        _endpointHoldOff = new(time, _options.EndpointHoldOff, _options.MaximumEndpointHoldOff);
        _retry = new(time, _options.Retry, _options.Retry);
        SayWhatIsAwaited();
    }

    /// <summary>From the taking of a snapshot until the loop has seen the end of its translation, a moment after the table is live.</summary>
    internal bool IsTranslating => _translation is not null;

    /// <summary>Runs until cancelled, then returns.</summary>
    /// <exception cref="Exception">What a source threw before it had delivered anything.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var sources = _sources.Select((_, index) => Task.Run(() => RunSourceAsync(index, stop.Token), CancellationToken.None)).ToArray();
        var loop = LoopAsync(stop.Token);
        try
        {
            var first = await Task.WhenAny([loop, .. sources]).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop; a source may fail in the same moment, and that is nobody's concern any more.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll([loop, .. sources]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task?)_translation ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunSourceAsync(int index, CancellationToken cancellation)
    {
        var inlet = new Inlet(this, index);
        while (true)
        {
            try
            {
                await _sources[index].RunAsync(inlet, cancellation).ConfigureAwait(false);
                throw new InvalidOperationException($"Source {_sources[index].Name} ended though nobody asked it to.");
            }
            catch (Exception failed) when (inlet.Synced && !cancellation.IsCancellationRequested)
            {
                _logger.SourceFailed(_sources[index].Name, _options.SourceRestart.TotalSeconds, failed);
                await Task.Delay(_options.SourceRestart, _time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task LoopAsync(CancellationToken cancellation)
    {
        while (true)
        {
            // Whoever tells without a pause must not keep what was told from being translated.
            for (var taken = 0; taken < MostAtOnce && _queue.Reader.TryRead(out var told); taken++)
            {
                Apply(told.Source, told.Batch, told.Told);
            }

            TranslateIfDue();
            await WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Until something is told, a hold-off is over, or the translation has ended.</summary>
    private async Task WaitAsync(CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var signal = _queue.Reader.WaitToReadAsync(waiting.Token).AsTask();
        if (_translation is { } translation)
        {
            await Task.WhenAny(translation, signal).ConfigureAwait(false);
        }
        else if (Remaining() is var remaining && remaining != Timeout.InfiniteTimeSpan)
        {
            await Task.WhenAny(Task.Delay(remaining, _time, waiting.Token), signal).ConfigureAwait(false);
        }
        else
        {
            await signal.ConfigureAwait(false);
        }

        await waiting.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private TimeSpan Remaining()
    {
        var (all, endpoints, retry) = (_holdOff.Remaining(), _endpointHoldOff.Remaining(), _retry.Remaining());
        return Sooner(Sooner(all, endpoints), retry);

        static TimeSpan Sooner(TimeSpan one, TimeSpan other) => one == Timeout.InfiniteTimeSpan || (other != Timeout.InfiniteTimeSpan && other < one) ? other : one;
    }

    private void Apply(int index, SourceBatch batch, long arrived)
    {
        var (changes, endpointChanges) = (0, 0);
        foreach (var change in batch.Events)
        {
            if (_store.Apply(change))
            {
                changes++;
                endpointChanges += change.Kind == ObjectKind.EndpointSlice && change.Type != StoreEventType.Replace ? 1 : 0;
            }
        }

        var isHandedOver = _endpoints.Follow(_state.IsReady);
        if (isHandedOver)
        {
            _state.TellEndpoints(_time.GetElapsedTime(arrived));
        }

        var told = _told[index];
        var retell = batch.Problems is not null || batch.Locations is not null;
        _retell |= retell;
        told.Problems = batch.Problems ?? told.Problems;
        told.Locations = batch.Locations ?? told.Locations;
        if (batch.Synced && !told.Synced)
        {
            told.Synced = true;
            _settled = true;
            _logger.Synced(_sources[index].Name);
        }

        if (changes > 0 || retell)
        {
            _settled |= batch.Settled;
            if (isHandedOver && changes == endpointChanges && !retell)
            {
                _endpointHoldOff.Touch();
            }
            else
            {
                TouchHoldOff();
            }
        }

        _state.Update(status => status with { Events = status.Events + batch.Events.Length, EffectiveEvents = status.EffectiveEvents + changes });
    }

    private void TranslateIfDue()
    {
        if (_translation is { IsCompleted: false })
        {
            return;
        }

        if (_translation is { } ended)
        {
            if (ended is not { IsCompletedSuccessfully: true, Result: true })
            {
                _store.MarkDirty();
                _retry.Touch();
                _publisher.Retell(Locator(), Problems());
            }

            _translatedAt = _time.GetTimestamp();
            _translation = null;
            _endpoints.Repeat();
        }

        if (_told.Any(told => !told.Synced))
        {
            SayWhatIsAwaited();
            ClearHoldOffs();
            return;
        }

        if (!_settled && Remaining() != TimeSpan.Zero)
        {
            return;
        }

        var (locator, problems) = (Locator(), Problems());
        if (_store.IsDirty || !_publisher.HasTranslated)
        {
            var (snapshot, asOf) = (_store.TakeSnapshot(), _store.Version);
            _endpoints.SnapshotTaken();
            _translation = Task.Run(() => _publisher.Translate(snapshot, asOf, locator, problems), CancellationToken.None);
        }
        else if (_retell)
        {
            _publisher.Retell(locator, problems);
        }

        ClearHoldOffs();
        (_settled, _retell) = (false, false);
    }

    private ProblemLocator Locator() => new([.. _told.Select(told => told.Locations).OfType<IObjectLocations>()]);

    private Problem[] Problems() => [.. _told.SelectMany(told => told.Problems)];

    private void TouchHoldOff()
    {
        if (!_holdOff.Pending)
        {
            var isFirst = _translation is null && _time.GetElapsedTime(_translatedAt) >= _options.Calm;
            _holdOff = new(_time, isFirst ? _options.FirstHoldOff : _options.HoldOff, _options.MaximumHoldOff);
        }

        _holdOff.Touch();
    }

    private void ClearHoldOffs()
    {
        _holdOff.Clear();
        _endpointHoldOff.Clear();
        _retry.Clear();
    }

    private void SayWhatIsAwaited()
    {
        var missing = _sources.Where((_, index) => !_told[index].Synced).Select(source => source.Trouble is { } trouble ? $"{source.Name} ({trouble})" : source.Name);
        _state.Update(status => status with { WaitingFor = $"all objects of {string.Join(", ", missing)}" });
    }

    /// <summary>What a source last said besides its objects.</summary>
    private sealed class SourceState
    {
        public bool Synced { get; set; }
        public ImmutableArray<Problem> Problems { get; set; } = [];
        public IObjectLocations? Locations { get; set; }
    }

    /// <summary>The end of the queue that a source holds.</summary>
    private sealed class Inlet(SyncLoop loop, int index) : ISourceSink
    {
        private volatile bool _synced;

        public bool Synced => _synced;

        public async ValueTask DeliverAsync(SourceBatch batch, CancellationToken cancellation)
        {
            await loop._queue.Writer.WriteAsync((index, batch, loop._time.GetTimestamp()), cancellation).ConfigureAwait(false);
            _synced |= batch.Synced;
        }
    }
}
