using Microsoft.Extensions.Logging;
using WsIngress.Cluster.Election;
using WsIngress.Sources;
using WsIngress.Store;

namespace WsIngress.Cluster.Status;

/// <summary>
/// Writes <c>status.loadBalancer.ingress</c> of the Ingresses that are ours, where it differs from what it should be, and never
/// otherwise. It runs on a task of its own and looks at the newest table whenever it gets round to it. A write names the resourceVersion
/// that it is based on; a stale one is refused, and made once more when the watch has brought the newer object.
/// </summary>
internal sealed class StatusWriter
{
    /// <summary>Changes taken from one look; then the newest table is looked at again.</summary>
    private const int MostAtOnce = 100;

    /// <summary>Writes of one list to one Ingress, each undone by somebody, before we slow down.</summary>
    private const int PatientWrites = 3;

    /// <summary>For a write that is under way when the process is asked to stop.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    /// <summary>After a failure of a kind that nobody foresaw.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly StatusRequests _requests;
    private readonly StatusOptions _options;
    private readonly SyncState _sync;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StatusAddresses _addresses;
    private readonly TokenBucket _bucket;
    private readonly Signal _news;
    private readonly LogGate _failures;

    /// <summary>By <c>ns/name</c> for what concerns one Ingress, by <c>ns</c> for a missing right, by the empty text for the server.</summary>
    private readonly RetryTable<string> _retries;

    /// <summary>Of the last term.</summary>
    private StatusPlan _plan = new();
    private long _written;
    private long _conflicts;
    private long _failed;

    public StatusWriter(ApiServer api, StatusOptions options, string ownNamespace, SyncState sync, TimeProvider time, ILogger logger)
    {
        (_options, _sync, _time, _logger) = (options, sync, time, logger);
        _requests = new(api, time);
        _addresses = new(api, options, ownNamespace, time, logger);
        _bucket = new(options.WritesPerSecond, options.Burst, time);
        _news = new(time);
        _retries = new(time, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        _failures = new(time, TimeSpan.FromMinutes(5));
        sync.Told += _ => _news.Set();
    }

    public long Written => Interlocked.Read(ref _written);

    public long Conflicts => Interlocked.Read(ref _conflicts);

    public long Failures => Interlocked.Read(ref _failed);

    /// <summary>Returns when the term is over or, after what is under way, when asked to stop. Nothing is written after it returned.</summary>
    public async Task RunAsync(Leadership term, CancellationToken stopping)
    {
        if (!_options.Enabled)
        {
            return;
        }

        var plan = _plan = new();
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
        await using var stop = stopping.Register(() => patience.CancelAfter(LastPatience));
        try
        {
            await Steadfast.RunAsync(() => WriteChangesAsync(term, plan, until.Token, patience.Token), Pause, _logger.Unforeseen, _time, until.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested || !term.Holds)
        {
            // The term is over, or the process stops.
        }
    }

    /// <summary>Takes the addresses away again, after the last run; the caller knows that nobody else leads or comes to lead.</summary>
    public async Task ClearAsync(Leadership term, CancellationToken deadline)
    {
        var status = _sync.Current;
        if (!_options.Enabled || status.Snapshot is not { } snapshot)
        {
            return;
        }

        // A last look: this replica may have come to lead when it was about to stop.
        _plan.Changes(status, _addresses.Current(snapshot));
        await new StatusClearing(_requests, _options, _time, _logger).RunAsync(_plan.Clearing(status), term, deadline).ConfigureAwait(false);
    }

    private async Task WriteChangesAsync(Leadership term, StatusPlan plan, CancellationToken until, CancellationToken patience)
    {
        var writes = new RecentWrites(_time);
        var (sinceRead, isRead, done) = (_time.GetTimestamp(), false, 0L);
        while (true)
        {
            until.ThrowIfCancellationRequested();
            var status = _sync.Current;
            var wait = Timeout.InfiniteTimeSpan;
            if (status.Snapshot is { } snapshot && _addresses.MustRead(snapshot))
            {
                if (!isRead || _time.GetElapsedTime(sinceRead) >= _options.AddressPeriod)
                {
                    (sinceRead, isRead) = (_time.GetTimestamp(), true);
                    await _addresses.ReadAsync(until).ConfigureAwait(false);
                }

                wait = Shorter(wait, _options.AddressPeriod - _time.GetElapsedTime(sinceRead));
            }

            var changes = status.Snapshot is null ? [] : plan.Changes(status, _addresses.Current(status.Snapshot));
            var due = new List<StatusChange>();
            foreach (var change in changes)
            {
                var remaining = Remaining(change.Key);
                wait = remaining > TimeSpan.Zero ? Shorter(wait, remaining) : wait;
                if (remaining == TimeSpan.Zero && due.Count < MostAtOnce)
                {
                    due.Add(change);
                }
            }

            if (due.Count > 0)
            {
                var before = Written;
                await ForAllAsync(due, _options.Parallelism, change => WriteAsync(term, plan, writes, change, until, patience), until).ConfigureAwait(false);
                done += Written - before;
                continue;
            }

            if (done > 0)
            {
                _logger.UpToDate((int)done);
                done = 0;
            }

            await _news.WaitAsync(wait, until).ConfigureAwait(false);
        }
    }

    private TimeSpan Remaining(ObjectKey key)
    {
        var (one, space, all) = (_retries.Remaining(key.ToString()), _retries.Remaining(key.Namespace), _retries.Remaining(""));
        var longest = one > space ? one : space;
        return longest > all ? longest : all;
    }

    private async Task WriteAsync(Leadership term, StatusPlan plan, RecentWrites writes, StatusChange change, CancellationToken until, CancellationToken patience)
    {
        await _bucket.TakeAsync(until).ConfigureAwait(false);
        if (Remaining(change.Key) > TimeSpan.Zero)
        {
            return;
        }

        term.ThrowIfOver();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, patience);
        try
        {
            plan.Wrote(change, await _requests.WriteAsync(change, either.Token).ConfigureAwait(false));
            Interlocked.Increment(ref _written);
            _retries.Succeed("");
            _retries.Succeed(change.Key.Namespace);
            _logger.Written(change.Key.ToString(), change.Addresses.ToString());
            Pace(writes, change);
        }
        catch (ApiException refused)
        {
            Fail(plan, change, refused);
        }
    }

    /// <summary>The first writes to an Ingress are free; past them somebody undoes what we write.</summary>
    private void Pace(RecentWrites writes, StatusChange change)
    {
        var count = writes.Count(change);
        if (count < PatientWrites)
        {
            _retries.Succeed(change.Key.ToString());
            return;
        }

        var wait = _retries.Fail(change.Key.ToString(), TimeSpan.FromSeconds(10) * Math.Pow(2, Math.Min(count - PatientWrites, 5)));
        _logger.Fought(change.Key.ToString(), change.Addresses.ToString(), count, wait.TotalSeconds);
    }

    private void Fail(StatusPlan plan, StatusChange change, ApiException refused)
    {
        switch (refused.Code)
        {
            case 404:
                plan.Outdated(change);
                return;
            case 409:
                Interlocked.Increment(ref _conflicts);
                plan.Outdated(change);
                return;
        }

        Interlocked.Increment(ref _failed);
        var scope = refused.IsMissingRight ? change.Key.Namespace : refused.Code is 0 or 401 or 429 or >= 500 ? "" : change.Key.ToString();
        var wait = _retries.Fail(scope, refused.RetryAfter);
        var right = refused.IsMissingRight ? $"the right 'patch' on ingresses/status in namespace {change.Key.Namespace} is missing: " : "";
        if (_failures.Opens(scope + refused.Code))
        {
            _logger.Failed(change.Key.ToString(), right + refused.Message, wait.TotalSeconds);
        }
    }

    private static Task ForAllAsync(List<StatusChange> changes, int parallelism, Func<StatusChange, Task> write, CancellationToken until) =>
        Parallel.ForEachAsync(changes, new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = until }, (change, _) => new ValueTask(write(change)));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other)
    {
        other = other < TimeSpan.Zero ? TimeSpan.Zero : other;
        return one == Timeout.InfiniteTimeSpan || other < one ? other : one;
    }
}
