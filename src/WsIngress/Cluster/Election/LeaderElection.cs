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
    private readonly LeaseSight _sight;
    private readonly LeaseRenewal _renewal;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly LogGate _failures;
    private volatile Leadership? _term;

    /// <summary>The last term ended by giving the Lease back.</summary>
    private bool _isReleased;

    public LeaderElection(ApiServer api, LeaseOptions options, TimeProvider time, ILogger logger, Random? random = null)
    {
        if (options.Enabled && options.Fault is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        (_options, _time, _logger) = (options, time, logger);
        _lease = new(api, options, time);
        _sight = new(options, time, logger);
        _failures = new(time, TellAgain);
        _renewal = new(_lease, _sight, options, time, _failures, logger);
        _random = random ?? Random.Shared;
    }

    public bool IsLeader => _term?.Holds == true;

    /// <summary>
    /// Returns once <paramref name="stopping"/> is cancelled, the work of the last term has ended, the Lease is released and the last work is
    /// done. Never throws for what the server does.
    /// </summary>
    /// <param name="lead">The work of one term. It ends when the term does, or when it has wound up after <paramref name="stopping"/>; the Lease is renewed until then.</param>
    /// <param name="stopping">Asks for the end.</param>
    /// <param name="last">For the replica that led last and that nobody followed; null for nothing.</param>
    public async Task RunAsync(Func<Leadership, Task> lead, CancellationToken stopping, LastWork? last = null)
    {
        try
        {
            await Steadfast.RunAsync(() => TermsAsync(lead, stopping), _options.RetryPeriod, _logger.Unforeseen, _time, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop.
        }

        if (last is not null && _isReleased)
        {
            await FinishAsync(last).ConfigureAwait(false);
        }
    }

    private async Task TermsAsync(Func<Leadership, Task> lead, CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            if (!_options.Enabled)
            {
                await AlwaysAsync(lead).ConfigureAwait(false);
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
    }

    private async Task AlwaysAsync(Func<Leadership, Task> lead)
    {
        using var always = new Leadership(0, Timeout.InfiniteTimeSpan, _time);
        await WorkAsync(always, lead).ConfigureAwait(false);
        _isReleased = true;
    }

    /// <summary>
    /// Whoever stands by looks at the Lease at least once in a retry period and then needs two requests to take it. Who finds it free after
    /// that was the last, and takes it again: the work is done as leader, so that a replica that comes just now waits for it.
    /// </summary>
    private async Task FinishAsync(LastWork last)
    {
        try
        {
            if (!_options.Enabled)
            {
                last.Deadline.ThrowIfCancellationRequested();
                await AlwaysAsync(last.Work).ConfigureAwait(false);
                return;
            }

            await Task.Delay(_options.RetryPeriod * 1.5, _time, last.Deadline).ConfigureAwait(false);
            if (await TryAcquireAsync(last.Deadline).ConfigureAwait(false) is not var (lease, term))
            {
                _logger.Followed(_sight.OtherHolder is { Length: > 0 } holder ? holder : "another replica");
                return;
            }

            using (term)
            {
                await LeadAsync(lease, term, last.Work).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (last.Deadline.IsCancellationRequested)
        {
            _logger.NotLast("there was no time left");
        }
        catch (Exception failed)
        {
            _logger.NotLast(failed.Message);
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
                var left = _sight.Remaining;
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
        _sight.Observe(found);
        var isOwn = found is not null && _sight.IsOwn(found);
        if (!isOwn && _sight.IsHeld)
        {
            return null;
        }

        // Not given up half way: a Lease that is taken and forgotten would keep the others waiting.
        stopping.ThrowIfCancellationRequested();
        var sent = _time.GetTimestamp();
        var now = MicroTime.Text(_time.GetUtcNow());
        _sight.OwnAcquireTime = isOwn ? _sight.OwnAcquireTime : now;
        var transitions = found is null ? 0 : found.Transitions + (isOwn ? 0 : 1);
        var term = new LeaseTerm(_options.Identity, _options.Duration, _sight.OwnAcquireTime, now, transitions);
        var taken = found is null
            ? await _lease.CreateAsync(term, CancellationToken.None).ConfigureAwait(false)
            : await _lease.UpdateAsync(found, term, CancellationToken.None).ConfigureAwait(false);
        if (taken is null)
        {
            return null;
        }

        _sight.Observe(taken);
        return (taken, new(sent, _options.RenewDeadline, _time));
    }

    private async Task LeadAsync(LeaseRecord lease, Leadership term, Func<Leadership, Task> lead)
    {
        _logger.Leads(_options.Identity, _options.Namespace, _options.Name);
        _isReleased = false;
        using var finished = CancellationTokenSource.CreateLinkedTokenSource(term.Ended);
        var renewing = Task.Run(() => _renewal.RunAsync(lease, term, finished.Token), CancellationToken.None);
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

    private async Task ReleaseAsync(LeaseRecord lease)
    {
        try
        {
            var now = MicroTime.Text(_time.GetUtcNow());
            var free = new LeaseTerm("", TimeSpan.FromSeconds(1), now, now, lease.Transitions);
            if (await _lease.UpdateAsync(lease, free, CancellationToken.None).ConfigureAwait(false) is { } released)
            {
                _sight.Observe(released);
                _isReleased = true;
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
