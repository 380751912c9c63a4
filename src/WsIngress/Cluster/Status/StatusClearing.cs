using Microsoft.Extensions.Logging;
using WsIngress.Cluster.Election;

namespace WsIngress.Cluster.Status;

/// <summary>Takes the addresses away from all Ingresses that have them, at the end of the last replica. It is done once, or as much of it as there is time for.</summary>
internal sealed class StatusClearing(StatusRequests requests, StatusOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>The end does not last long, and nobody else is about: faster than in daily work.</summary>
    private const int Haste = 10;

    /// <param name="changes">What to take away.</param>
    /// <param name="term">Holds meanwhile.</param>
    /// <param name="deadline">Then the process must be gone.</param>
    public async Task RunAsync(IReadOnlyList<StatusChange> changes, Leadership term, CancellationToken deadline)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, deadline);
        var round = new Round(requests, new(options.WritesPerSecond * Haste, options.Burst, time), term, until.Token);
        var waits = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), time, Random.Shared);
        var left = changes;
        try
        {
            while (left.Count > 0)
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism * 4, CancellationToken = until.Token };
                await Parallel.ForEachAsync(left, parallel, (change, _) => new ValueTask(round.ClearAsync(change))).ConfigureAwait(false);
                left = round.TakeFailed(out var asked);
                if (left.Count > 0)
                {
                    await waits.WaitAsync(asked, until.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested || !term.Holds)
        {
            // Out of time, or no longer the leader.
        }

        var kept = changes.Count - round.Done;
        if (kept == 0)
        {
            logger.Cleared(round.Cleared, changes.Count);
        }
        else
        {
            logger.NotCleared(kept, changes.Count, round.Trouble ?? (deadline.IsCancellationRequested ? "there was no time left" : "this replica no longer led"));
        }
    }

    /// <summary>What came of the writes so far. Thread-safe.</summary>
    private sealed class Round(StatusRequests requests, TokenBucket bucket, Leadership term, CancellationToken until)
    {
        private readonly Lock _gate = new();
        private List<StatusChange> _failed = [];
        private TimeSpan? _asked;

        /// <summary>Taken away by us.</summary>
        public int Cleared { get; private set; }

        /// <summary>Those that need nothing more: cleared, gone, or given other addresses by somebody.</summary>
        public int Done { get; private set; }

        /// <summary>Why the last that failed did so.</summary>
        public string? Trouble { get; private set; }

        public async Task ClearAsync(StatusChange change)
        {
            await bucket.TakeAsync(until).ConfigureAwait(false);
            term.ThrowIfOver();
            try
            {
                var isWritten = await TryWriteAsync(change).ConfigureAwait(false);
                lock (_gate)
                {
                    Done++;
                    Cleared += isWritten ? 1 : 0;
                }
            }
            catch (ApiException refused)
            {
                lock (_gate)
                {
                    Trouble = refused.Message;
                    _asked = refused.RetryAfter > _asked || _asked is null ? refused.RetryAfter : _asked;
                    if (refused.Code is 0 or 401 or 429 or >= 500)
                    {
                        _failed.Add(change);
                    }
                }
            }
        }

        /// <summary>Those to try once more, and how long the server asked to wait.</summary>
        public List<StatusChange> TakeFailed(out TimeSpan? asked)
        {
            lock (_gate)
            {
                var failed = _failed;
                (_failed, asked, _asked) = ([], _asked, null);
                return failed;
            }
        }

        /// <summary>An outdated version is read anew and the write made once more: no watch is waited for any longer.</summary>
        private async Task<bool> TryWriteAsync(StatusChange change)
        {
            try
            {
                await requests.WriteAsync(change, until).ConfigureAwait(false);
                return true;
            }
            catch (ApiException gone) when (gone.Code == 404)
            {
                return false;
            }
            catch (ApiException stale) when (stale.Code == 409)
            {
                if (await requests.ReadAsync(change.Key, until).ConfigureAwait(false) is not { } found
                    || found.Metadata.Uid != change.Uid
                    || !AddressList.Of(found).Equals(change.Has))
                {
                    return false;
                }

                term.ThrowIfOver();
                await requests.WriteAsync(change with { Version = found.Metadata.ResourceVersion }, until).ConfigureAwait(false);
                return true;
            }
        }
    }
}
