using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Election;

/// <summary>
/// Leader election over a Lease, with the rules of client-go: nobody compares clocks. A candidate takes a Lease that is absent, released,
/// or unchanged for as long as its holder wrote into it, measured from when the candidate saw the last change. A leader that could not
/// renew stops before that. At most one <see cref="Leadership"/> holds at any time, however slow or cut the connections are.
/// </summary>
internal sealed class LeaderElection
{
    /// <summary>A failure that persists is told again after this long.</summary>
    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(5);

    private readonly LeaseOptions _options;
    private readonly LeaseClient _lease;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly LogGate _failures;
    private volatile Leadership? _term;

    /// <summary>The Lease as last seen, also after it was deleted, and when that was first seen.</summary>
    private LeaseRecord? _seen;
    private long _seenAt;
    private bool _deletionTold;

    /// <summary>acquireTime of the last term that we wrote or tried to write: an answer may be lost and the write done all the same.</summary>
    private string _ownAcquireTime = "";

    public LeaderElection(ApiServer api, LeaseOptions options, TimeProvider time, ILogger logger, Random? random = null)
    {
        if (options.Enabled && options.Fault is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        (_options, _time, _logger) = (options, time, logger);
        _lease = new(api, options, time);
        _failures = new(time, TellAgain);
        _random = random ?? Random.Shared;
    }

    public bool IsLeader => _term?.Holds == true;

    /// <summary>
    /// Returns once <paramref name="stopping"/> is cancelled, the work of the last term has ended and the Lease is released.
    /// </summary>
    /// <param name="lead">The work of one term. It ends when the term does, or when it has wound up after <paramref name="stopping"/>; the Lease is renewed until then.</param>
    /// <param name="stopping">Asks for the end.</param>
    public async Task RunAsync(Func<Leadership, Task> lead, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!_options.Enabled)
                {
                    using var always = new Leadership(0, Timeout.InfiniteTimeSpan, _time);
                    await WorkAsync(always, lead).ConfigureAwait(false);
                }
                else
                {
                    var (lease, term) = await AcquireAsync(stopping).ConfigureAwait(false);
                    using (term)
                    {
                        await LeadAsync(lease, term, lead).ConfigureAwait(false);
                    }
                }

                await Task.Delay(Jittered(_options.RetryPeriod), _time, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Asked to stop.
            }
        }
    }

    private async Task<(LeaseRecord Lease, Leadership Term)> AcquireAsync(CancellationToken stopping)
    {
        var failures = 0;
        while (true)
        {
            TimeSpan wait;
            try
            {
                if (await TryAcquireAsync(stopping).ConfigureAwait(false) is { } acquired)
                {
                    return acquired;
                }

                _failures.Close();
                failures = 0;
                var left = _seen is { } seen ? seen.Duration - _time.GetElapsedTime(_seenAt) : TimeSpan.Zero;
                wait = Jittered(_options.RetryPeriod);
                wait = left > TimeSpan.Zero && left < wait ? left : wait;
            }
            catch (ApiException failed)
            {
                failures = Math.Min(failures + 1, 4);
                wait = Jittered(_options.RetryPeriod * Math.Pow(2, failures - 1));
                wait = failed.RetryAfter is { } asked && asked > wait ? TimeSpan.FromTicks(Math.Min(asked.Ticks, TimeSpan.TicksPerMinute)) : wait;
                if (_failures.Opens(failed.Message))
                {
                    _logger.AcquireFailed(_options.Namespace, _options.Name, failed.Message, wait.TotalSeconds);
                }
            }

            await Task.Delay(wait, _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task<(LeaseRecord Lease, Leadership Term)?> TryAcquireAsync(CancellationToken stopping)
    {
        var found = await _lease.ReadAsync(stopping).ConfigureAwait(false);
        Observe(found);
        var isOwn = found is not null && IsOwn(found);
        if (!isOwn && IsHeld())
        {
            return null;
        }

        // Not given up half way: a Lease that is taken and forgotten would keep the others waiting.
        stopping.ThrowIfCancellationRequested();
        var sent = _time.GetTimestamp();
        var now = MicroTime.Text(_time.GetUtcNow());
        _ownAcquireTime = isOwn ? _ownAcquireTime : now;
        var transitions = found is null ? 0 : found.Transitions + (isOwn ? 0 : 1);
        var term = new LeaseTerm(_options.Identity, _options.Duration, _ownAcquireTime, now, transitions);
        var taken = found is null
            ? await _lease.CreateAsync(term, CancellationToken.None).ConfigureAwait(false)
            : await _lease.UpdateAsync(found, term, CancellationToken.None).ConfigureAwait(false);
        if (taken is null)
        {
            return null;
        }

        Observe(taken);
        return (taken, new(sent, _options.RenewDeadline, _time));
    }

    /// <summary>Told after the answer has arrived: from here on its holder may count on it for at least what is left of its own deadline.</summary>
    private void Observe(LeaseRecord? found)
    {
        if (found is null)
        {
            if (_seen is { } last && IsHeld() && !_deletionTold)
            {
                _deletionTold = true;
                _logger.Deleted(_options.Namespace, _options.Name, last.Holder, (last.Duration - _time.GetElapsedTime(_seenAt)).TotalSeconds);
            }

            return;
        }

        _deletionTold = false;
        if (_seen?.Spec == found.Spec)
        {
            return;
        }

        var isNews = _seen is null || (_seen.Holder, _seen.AcquireTime) != (found.Holder, found.AcquireTime);
        (_seen, _seenAt) = (found, _time.GetTimestamp());
        if (!isNews || found.Holder.Length == 0 || IsOwn(found))
        {
            return;
        }

        if (found.Holder == _options.Identity)
        {
            _logger.SameIdentity(_options.Namespace, _options.Name, _options.Identity);
        }
        else
        {
            _logger.Held(_options.Namespace, _options.Name, found.Holder, found.Duration.TotalSeconds, _options.Identity);
        }
    }

    /// <summary>Somebody may still lead by the Lease as it was last seen. Deletion does not end that: its leader learns of it at its next renewal.</summary>
    private bool IsHeld() => _seen is { Holder.Length: > 0 } seen && !IsOwn(seen) && _time.GetElapsedTime(_seenAt) < seen.Duration;

    /// <summary>The identity alone says too little: it may be this pod before its last restart, or another process that was given the same name.</summary>
    private bool IsOwn(LeaseRecord lease) => lease.Holder == _options.Identity && lease.AcquireTime == _ownAcquireTime && _ownAcquireTime.Length > 0;

    private async Task LeadAsync(LeaseRecord lease, Leadership term, Func<Leadership, Task> lead)
    {
        _logger.Leads(_options.Identity, _options.Namespace, _options.Name);
        using var finished = CancellationTokenSource.CreateLinkedTokenSource(term.Ended);
        var renewing = Task.Run(() => RenewAsync(lease, term, finished.Token), CancellationToken.None);
        await WorkAsync(term, lead).ConfigureAwait(false);
        await finished.CancelAsync().ConfigureAwait(false);

        // A renewal under way is not given up: its answer has the version that the release needs.
        var last = await renewing.ConfigureAwait(false);
        if (term.Holds)
        {
            term.End();
            await ReleaseAsync(last).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(Leadership term, Func<Leadership, Task> lead)
    {
        _term = term;
        try
        {
            await Task.Run(() => lead(term), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!term.Holds)
        {
            // The term is over, and so is its work.
        }
        catch (Exception failed)
        {
            _logger.WorkFailed(failed);
        }
        finally
        {
            _term = null;
        }
    }

    /// <summary>Renews until the work has finished or the term is over, and gives the Lease as it then is.</summary>
    private async Task<LeaseRecord> RenewAsync(LeaseRecord lease, Leadership term, CancellationToken finished)
    {
        while (true)
        {
            await Task.Delay(_options.RetryPeriod, _time, finished).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (finished.IsCancellationRequested || !term.Holds)
            {
                break;
            }

            try
            {
                if (await TryRenewAsync(lease, term).ConfigureAwait(false) is { } renewed)
                {
                    lease = renewed;
                    _failures.Close();
                }
            }
            catch (ApiException failed)
            {
                if (_failures.Opens(failed.Message))
                {
                    _logger.RenewFailed(_options.Namespace, _options.Name, failed.Message, term.Remaining.TotalSeconds);
                }
            }
            catch (OperationCanceledException) when (!term.Holds)
            {
                break;
            }
        }

        if (term.Ended.IsCancellationRequested)
        {
            SayLost(term);
        }

        return lease;
    }

    /// <summary>Null when the Lease is somebody else's; the term has then ended.</summary>
    private async Task<LeaseRecord?> TryRenewAsync(LeaseRecord lease, Leadership term)
    {
        // Once more for a Lease that somebody labelled or deleted, or whose last renewal was done though its answer was lost.
        var known = lease;
        for (var tries = 0; tries < 2; tries++)
        {
            var sent = _time.GetTimestamp();
            var next = Renewal(lease, MicroTime.Text(_time.GetUtcNow()));
            var renewed = known is null
                ? await _lease.CreateAsync(next, term.Ended).ConfigureAwait(false)
                : await _lease.UpdateAsync(known, next, term.Ended).ConfigureAwait(false);
            if (renewed is not null)
            {
                term.Renew(sent);
                Observe(renewed);
                return renewed;
            }

            known = await _lease.ReadAsync(term.Ended).ConfigureAwait(false);
            Observe(known);
            if (known is not null && !IsOwn(known))
            {
                term.End();
                return null;
            }
        }

        throw new ApiException(409, "", "somebody else changes it all the time");
    }

    private LeaseTerm Renewal(LeaseRecord lease, string now) => new(_options.Identity, _options.Duration, _ownAcquireTime, now, lease.Transitions);

    private void SayLost(Leadership term)
    {
        var holder = _seen is { } seen && !IsOwn(seen) ? seen.Holder : "";
        _logger.Lost(holder.Length > 0
            ? $"Lease {_options.Namespace}/{_options.Name} was taken by {holder}"
            : $"it could not renew Lease {_options.Namespace}/{_options.Name} within {_options.RenewDeadline.TotalSeconds:0.#} s");
        term.End();
    }

    private async Task ReleaseAsync(LeaseRecord lease)
    {
        try
        {
            var now = MicroTime.Text(_time.GetUtcNow());
            var free = new LeaseTerm("", TimeSpan.FromSeconds(1), now, now, lease.Transitions);
            if (await _lease.UpdateAsync(lease, free, CancellationToken.None).ConfigureAwait(false) is { } released)
            {
                Observe(released);
                _logger.Released(_options.Namespace, _options.Name);
            }
            else
            {
                _logger.NotReleased(_options.Namespace, _options.Name, "it was changed by somebody else");
            }
        }
        catch (Exception failed) when (failed is ApiException or OperationCanceledException)
        {
            _logger.NotReleased(_options.Namespace, _options.Name, failed.Message);
        }
    }

    /// <summary>Shorter by up to a fifth, so that candidates do not come all at once and none waits longer than was asked for.</summary>
    private TimeSpan Jittered(TimeSpan wait)
    {
        lock (_random)
        {
            return wait * (1 - (0.2 * _random.NextDouble()));
        }
    }
}
