using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using WsIngress.Cluster.Election;
using WsIngress.Store;
using WsIngress.Translation;

namespace WsIngress.Cluster.Events;

/// <summary>
/// An Event for every problem, on the object that has it. Every replica sees the same problems, so only the leader tells them: each when
/// it appears, again when it comes back, and a reminder while it persists.
/// </summary>
internal sealed class ProblemEvents
{
    /// <summary>Sent from one look; then the newest problems are looked at again.</summary>
    private const int MostAtOnce = 50;

    private readonly EventSender _sender;
    private readonly EventOptions _options;
    private readonly SyncState _sync;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Signal _news;

    public ProblemEvents(EventSender sender, EventOptions options, SyncState sync, TimeProvider time, ILogger logger)
    {
        (_sender, _options, _sync, _time, _logger) = (sender, options, sync, time, logger);
        _news = new(time);
        sync.Told += _ => _news.Set();
    }

    /// <summary>Returns when the term is over or the process is to stop; nothing is written after.</summary>
    public async Task RunAsync(Leadership term, CancellationToken stopping)
    {
        if (!_options.Enabled)
        {
            return;
        }

        using var until = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
        try
        {
            await Steadfast.RunAsync(() => TellAsync(term, until.Token), _options.Pause, _logger.Unforeseen, _time, until.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested || !term.Holds)
        {
            // The term is over, or the process stops.
        }
    }

    private async Task TellAsync(Leadership term, CancellationToken until)
    {
        var known = new Dictionary<EventKey, EventSeries>();
        var (seen, objects) = (ImmutableArray<Problem>.Empty, (ClusterSnapshot?)null);
        var (next, since) = (TimeSpan.Zero, _time.GetTimestamp());
        while (true)
        {
            until.ThrowIfCancellationRequested();
            var status = _sync.Current;
            if (status is { Result: { } result, Snapshot: { } snapshot } && (result.Problems != seen || !SameObjects(snapshot, objects)))
            {
                (seen, objects, next) = (result.Problems, snapshot, TimeSpan.Zero);
                Look(known, seen, snapshot);
            }

            var left = next == Timeout.InfiniteTimeSpan ? next : next - _time.GetElapsedTime(since);
            if (left > TimeSpan.Zero || next == Timeout.InfiniteTimeSpan)
            {
                await _news.WaitAsync(left, until).ConfigureAwait(false);
                continue;
            }

            (var due, next) = Due(known);
            since = _time.GetTimestamp();
            foreach (var series in due)
            {
                if (series.IsPosted && series.Told == series.Count)
                {
                    series.Count++;
                }

                await _sender.SendAsync(series, term.ThrowIfOver, until).ConfigureAwait(false);
            }

            next = due.Count > 0 ? TimeSpan.Zero : next;
        }
    }

    /// <summary>Their problems may be the same though one of them was made anew. EndpointSlices change all the time and seldom have any.</summary>
    private static bool SameObjects(ClusterSnapshot snapshot, ClusterSnapshot? before) => before is not null
        && snapshot.Ingresses == before.Ingresses
        && snapshot.IngressClasses == before.IngressClasses
        && snapshot.Services == before.Services
        && snapshot.Secrets == before.Secrets;

    private void Look(Dictionary<EventKey, EventSeries> known, ImmutableArray<Problem> problems, ClusterSnapshot snapshot)
    {
        var told = new Dictionary<EventKey, (EventSubject About, string Reason, string Note)>();
        foreach (var problem in problems)
        {
            if (IsOfAnother(problem) || EventSubject.Find(snapshot, problem.Object, problem.Uid) is not { } about)
            {
                continue;
            }

            var (reason, note) = (problem.Reason.ToString(), EventText.Note($"{ProblemSentence.Field(problem)}: {ProblemSentence.Text(problem)}"));
            var key = EventSeries.Key(about, reason, note);
            told.TryAdd(key, (about, reason, note));
        }

        // First what is gone: it must not stand in the way of what is new.
        foreach (var (key, series) in known.Where(pair => !told.ContainsKey(pair.Key)).ToArray())
        {
            series.IsPresent = false;
            if (!series.IsPosted || _time.GetElapsedTime(series.At) >= _options.Remembered)
            {
                known.Remove(key);
            }
        }

        var ofObject = new Dictionary<EventKey, int>();
        foreach (var (key, series) in known.Where(pair => told.ContainsKey(pair.Key)))
        {
            series.Count += series.IsPresent ? 0 : 1;
            series.IsPresent = true;
            CollectionsMarshal.GetValueRefOrAddDefault(ofObject, Object(key), out _)++;
        }

        foreach (var (key, (about, reason, note)) in told.Where(pair => !known.ContainsKey(pair.Key)))
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(ofObject, Object(key), out _);
            if (known.Count >= _options.MostSeries || count >= _options.MostPerObject)
            {
                _sender.Suppress();
                continue;
            }

            count++;
            known.Add(key, new(about, EventText.Name(about, reason, note, ""), "Translate", reason, note) { Since = _time.GetTimestamp() });
        }
    }

    private static EventKey Object(EventKey key) => key with { Reason = "", Note = "" };

    /// <summary>An Ingress with a class that we do not know is most likely another controller's, whose class comes later or needs no object.</summary>
    private static bool IsOfAnother(Problem problem) => problem is { Reason: ProblemReason.ClassNotFound, Severity: ProblemSeverity.Warning };

    /// <summary>What is to be sent now, and when to look again if that is nothing.</summary>
    private (List<EventSeries> Due, TimeSpan Wait) Due(Dictionary<EventKey, EventSeries> known)
    {
        var due = new List<EventSeries>();
        var wait = Timeout.InfiniteTimeSpan;
        foreach (var series in known.Values)
        {
            if (!series.IsPresent || due.Count == MostAtOnce)
            {
                continue;
            }

            var period = series.Told == series.Count ? _options.Reminder : series.Told > 0 ? _options.SeriesPeriod : TimeSpan.Zero;
            var left = period == TimeSpan.Zero ? _options.Settle - _time.GetElapsedTime(series.Since) : period - _time.GetElapsedTime(series.At);
            var blocked = _sender.Remaining(series.Regarding);
            left = left > blocked ? left : blocked;
            if (left <= TimeSpan.Zero)
            {
                due.Add(series);
            }
            else if (wait == Timeout.InfiniteTimeSpan || left < wait)
            {
                wait = left;
            }
        }

        return (due, wait);
    }
}
