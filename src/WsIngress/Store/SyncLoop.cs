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
/// <item>Only problems or lines changed: tell them anew, without a translation.</item>
/// <item>A source fails before its first delivery: stop with its exception. Later: start it anew.</item>
/// </list>
/// </summary>
internal sealed class SyncLoop
{
    private readonly IReadOnlyList<IObjectSource> _sources;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Publisher _publisher;
    private readonly SyncState _state;
    private readonly ObjectStore _store = new();
    private readonly SourceState[] _told;
    private readonly Channel<(int Source, SourceBatch Batch)> _queue = Channel.CreateBounded<(int, SourceBatch)>(256);
    private HoldOff _holdOff;
    private bool _settled;
    private bool _retell;

    public SyncLoop(
        IReadOnlyList<IObjectSource> sources,
        Func<ClusterSnapshot, TranslationResult> translate,
        ITableSink sink,
        SyncState state,
        TimeProvider time,
        ILogger<SyncLoop> logger,
        SyncOptions? options = null)
    {
        _sources = sources;
        _options = options ?? SyncOptions.Default;
        (_time, _logger, _state) = (time, logger, state);
        _told = [.. sources.Select(_ => new SourceState())];
        _publisher = new(translate, sink, state, time, logger);
        _holdOff = new(time, _options.HoldOff, _options.MaximumHoldOff);
        SayWhatIsAwaited();
    }

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
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll([loop, .. sources]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            while (_queue.Reader.TryRead(out var told))
            {
                Apply(told.Source, told.Batch);
            }

            TranslateIfDue();
            await WaitAsync(_holdOff.Remaining(), cancellation).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(TimeSpan remaining, CancellationToken cancellation)
    {
        if (remaining == Timeout.InfiniteTimeSpan)
        {
            await _queue.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false);
            return;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var delay = Task.Delay(remaining, _time, waiting.Token);
        var signal = _queue.Reader.WaitToReadAsync(waiting.Token).AsTask();
        await Task.WhenAny(delay, signal).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private void Apply(int index, SourceBatch batch)
    {
        var changes = 0;
        foreach (var change in batch.Events)
        {
            changes += _store.Apply(change) ? 1 : 0;
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
            _holdOff.Touch();
        }

        var status = _state.Current;
        _state.Set(status with { Events = status.Events + batch.Events.Length, EffectiveEvents = status.EffectiveEvents + changes });
    }

    private void TranslateIfDue()
    {
        if (_told.Any(told => !told.Synced))
        {
            SayWhatIsAwaited();
            _holdOff.Clear();
            return;
        }

        if (!_settled && (!_holdOff.Pending || _holdOff.Remaining() > TimeSpan.Zero))
        {
            return;
        }

        var locator = new ProblemLocator([.. _told.Select(told => told.Locations).OfType<IObjectLocations>()]);
        var problems = _told.SelectMany(told => told.Problems);
        if (_store.IsDirty || !_publisher.HasTranslated)
        {
            _publisher.Translate(_store.TakeSnapshot(), locator, problems);
        }
        else if (_retell)
        {
            _publisher.Retell(locator, problems);
        }

        _holdOff.Clear();
        (_settled, _retell) = (false, false);
    }

    private void SayWhatIsAwaited()
    {
        var missing = _sources.Where((_, index) => !_told[index].Synced).Select(source => source.Name);
        _state.Set(_state.Current with { WaitingFor = $"all objects of {string.Join(", ", missing)}" });
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
            await loop._queue.Writer.WriteAsync((index, batch), cancellation).ConfigureAwait(false);
            _synced |= batch.Synced;
        }
    }
}
