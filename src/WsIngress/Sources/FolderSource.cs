using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using WsIngress.Manifests;

namespace WsIngress.Sources;

/// <summary>
/// Feeds the manifests of a folder. Any file event means: wait for calm, read the folder, hand over what differs as one settled batch.
/// What an event says is not believed further, because editors replace files in odd orders.
/// </summary>
internal sealed class FolderSource(FolderSourceOptions options, IFolderWatcher watcher, TimeProvider time, ILogger<FolderSource> logger) : IObjectSource
{
    private const int MaxSuspects = 10_000;

    /// <summary>Up to here events are taken at their word until the next rescan; the watch drops some only far above.</summary>
    private const int MaxTrusted = 500;

    private readonly FolderReader _reader = new(options.Folder, time, options.Limits);
    private readonly HashSet<string> _namedKinds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _suspects = new(StringComparer.Ordinal);
    private FolderReading? _last;
    private IFolderWatch? _watch;
    private (string? Path, DateTime Created) _watched;
    private string? _watchTrouble;
    private bool _folderGone;
    private bool _trustEvents;

    public string Name => $"folder {options.Folder}";

    /// <summary>How often each part of the reading was done; for tests and figures.</summary>
    public FolderReader Reader => _reader;

    /// <exception cref="IOException">The folder does not exist or cannot be read at the start.</exception>
    public async Task RunAsync(ISourceSink sink, CancellationToken cancellation)
    {
        RenewWatch();
        try
        {
            await DeliverAsync(sink, Read(), cancellation).ConfigureAwait(false);
            while (true)
            {
                await WaitForChangeAsync(cancellation).ConfigureAwait(false);
                RenewWatch();
                if (TryRead() is { } batch)
                {
                    await sink.DeliverAsync(batch, cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _watch?.Dispose();
            _watch = null;
        }
    }

    private static async ValueTask DeliverAsync(ISourceSink sink, SourceBatch? batch, CancellationToken cancellation) =>
        await sink.DeliverAsync(batch ?? new SourceBatch { Settled = true, Synced = true }, cancellation).ConfigureAwait(false);

    /// <summary>Null when there is nothing to say.</summary>
    private SourceBatch? TryRead()
    {
        try
        {
            var batch = Read();
            if (_folderGone)
            {
                _folderGone = false;
                logger.FolderBack(options.Folder);
                return batch ?? new SourceBatch { Settled = true, Synced = true, Problems = _last!.Problems };
            }

            return batch;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            if (_folderGone)
            {
                return null;
            }

            _folderGone = true;
            logger.FolderUnreadable(options.Folder, broken.Message);
            var problem = ManifestFile.FileProblem(options.Folder, 1, $"cannot be read: {broken.Message} The last good objects stay in force");
            return new SourceBatch { Settled = true, Synced = true, Problems = [problem, .. _last!.Problems] };
        }
    }

    private SourceBatch? Read()
    {
        var started = Stopwatch.GetTimestamp();
        var reading = _reader.Read(_suspects, onlySuspects: _trustEvents);
        _suspects.Clear();
        var isNew = _last is null || reading.Different;
        _last = reading;
        if (!isNew)
        {
            return null;
        }

        var objects = reading.ObjectsByKind.Sum(kind => kind.Length);
        logger.FolderRead(options.Folder, reading.Files, objects, reading.Problems.Length, string.Join(", ", reading.Changed), (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        NameUnknownKinds(reading.UnknownKinds);
        return new SourceBatch
        {
            Events = [.. reading.Changed.Select(kind => StoreEvent.Replace(kind, reading.ObjectsByKind[(int)kind]))],
            Settled = true,
            Synced = true,
            Problems = reading.Problems,
            Locations = reading.Locations,
        };
    }

    private void NameUnknownKinds(ImmutableArray<string> kinds)
    {
        foreach (var kind in kinds)
        {
            if (_namedKinds.Count < 1000 && _namedKinds.Add(kind))
            {
                logger.UnknownKind(kind);
            }
        }
    }

    private async Task WaitForChangeAsync(CancellationToken cancellation)
    {
        var events = 0;
        var holdOff = new HoldOff(time, options.Quiet, options.MaximumWait);
        var began = time.GetTimestamp();
        var rescan = _folderGone || _last!.LookAgain ? options.RescanInTrouble : options.Rescan;
        while (true)
        {
            while (_watch!.Events.TryRead(out var path))
            {
                holdOff.Touch();
                events++;
                if (path is null)
                {
                    events = MaxTrusted;
                }
                else if (_suspects.Count < MaxSuspects)
                {
                    _suspects.Add(path);
                }
            }

            var remaining = holdOff.Pending ? holdOff.Remaining() : rescan - time.GetElapsedTime(began);
            if (remaining <= TimeSpan.Zero)
            {
                // Few events of a sound watch say all there is to know; a rescan, a flood or an event without a path does not.
                _trustEvents = holdOff.Pending && events < MaxTrusted && _watch.Trouble is null && !_folderGone && !_last!.LookAgain;
                return;
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var delay = Task.Delay(remaining, time, waiting.Token);
            var signal = _watch.Events.WaitToReadAsync(waiting.Token).AsTask();
            await Task.WhenAny(delay, signal).ConfigureAwait(false);
            await waiting.CancelAsync().ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A watch follows the folder it began with, so it is made anew after the folder was replaced, or when it broke.</summary>
    private void RenewWatch()
    {
        // A folder removed and made again has the same path, and only its birth time tells that the watch hears nothing of it.
        var real = RealPath.Of(options.Folder);
        var found = (real, real is null ? default : Directory.GetCreationTimeUtc(real));
        if (_watch is { Trouble: null } && found == _watched)
        {
            return;
        }

        _watch?.Dispose();
        // Absolute, so that the paths of events are those of the listing.
        _watch = watcher.Watch(Path.GetFullPath(options.Folder));
        _watched = found;
        if (_watch.Trouble != _watchTrouble && _watch.Trouble is { } reason)
        {
            logger.NoWatch(options.Folder, reason, options.Rescan.TotalSeconds);
        }

        _watchTrouble = _watch.Trouble;
    }
}
