using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Election;

/// <summary>Keeps a Lease that was acquired, and ends the term when that fails. One term at a time.</summary>
internal sealed class LeaseRenewal(LeaseClient client, LeaseSight sight, LeaseOptions options, TimeProvider time, LogGate failures, ILogger logger)
{
    /// <summary>Renews until the work has finished or the term is over, and gives the Lease as it then is.</summary>
    public async Task<LeaseRecord> RunAsync(LeaseRecord lease, Leadership term, CancellationToken finished)
    {
        while (true)
        {
            await Task.Delay(options.RetryPeriod, time, finished).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (finished.IsCancellationRequested || !term.Holds)
            {
                break;
            }

            try
            {
                if (await TryRenewAsync(lease, term).ConfigureAwait(false) is { } renewed)
                {
                    lease = renewed;
                    failures.Close();
                }
            }
            catch (ApiException failed)
            {
                if (failures.Opens(failed.Message))
                {
                    logger.RenewFailed(options.Namespace, options.Name, failed.Message, term.Remaining.TotalSeconds);
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
            var sent = time.GetTimestamp();
            var next = Renewal(lease, MicroTime.Text(time.GetUtcNow()));
            var renewed = known is null
                ? await client.CreateAsync(next, term.Ended).ConfigureAwait(false)
                : await client.UpdateAsync(known, next, term.Ended).ConfigureAwait(false);
            if (renewed is not null)
            {
                term.Renew(sent);
                sight.Observe(renewed);
                return renewed;
            }

            known = await client.ReadAsync(term.Ended).ConfigureAwait(false);
            sight.Observe(known);
            if (known is not null && !sight.IsOwn(known))
            {
                term.End();
                return null;
            }
        }

        throw new ApiException(409, "", "somebody else changes it all the time");
    }

    private LeaseTerm Renewal(LeaseRecord lease, string now) => new(options.Identity, options.Duration, sight.OwnAcquireTime, now, lease.Transitions);

    private void SayLost(Leadership term)
    {
        var holder = sight.OtherHolder;
        logger.Lost(holder.Length > 0
            ? $"Lease {options.Namespace}/{options.Name} was taken by {holder}"
            : $"it could not renew Lease {options.Namespace}/{options.Name} within {options.RenewDeadline.TotalSeconds:0.#} s");
        term.End();
    }
}
