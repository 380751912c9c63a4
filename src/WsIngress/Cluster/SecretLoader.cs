using Microsoft.Extensions.Logging;
using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>Asks the API server for single Secrets by name, a few at a time, each until it is answered. Thread-safe.</summary>
/// <param name="targets">Where Secrets are read; they hold between them every Secret that is asked for, or it counts as absent.</param>
/// <param name="request">How to ask for the objects of a target.</param>
/// <param name="options">Bounds and waits.</param>
/// <param name="state">Counts failures.</param>
/// <param name="time">The clock of the waits.</param>
/// <param name="random">Jitter.</param>
/// <param name="logger">Is told why one cannot be loaded.</param>
internal sealed class SecretLoader(
    IReadOnlyList<ReflectorTarget> targets, Func<ReflectorTarget, ListRequest> request, ReflectorOptions options, ReflectorState state, TimeProvider time, Random random, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(4);

    public void Dispose() => _slots.Dispose();

    /// <summary>The Secret, or none, as of a version.</summary>
    public async Task<ObjectList> AskAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (targets.FirstOrDefault(target => target.Covers(key)) is not { } target)
        {
            return new([], "");
        }

        var backoff = new Backoff(options.FirstWait, options.LongestWait, time, random);
        for (var tries = 1; ; tries++)
        {
            ApiException refused;
            await _slots.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var list = await request(target).AllAsync(static () => { }, cancellation, key.Name).ConfigureAwait(false);
                return list with { Objects = [.. list.Objects.Where(found => found.Key == key)] };
            }
            catch (ApiException failed) when (!cancellation.IsCancellationRequested)
            {
                refused = failed;
            }
            finally
            {
                _slots.Release();
            }

            state.Failed(refused.Code);
            if (tries == 2)
            {
                logger.CannotLoadSecret(key.ToString(), refused.Code == 403 ? $"the right is missing to {target.Right("list")}: {refused.Message}" : refused.Message);
            }

            await backoff.WaitAsync(refused.RetryAfter, cancellation).ConfigureAwait(false);
        }
    }
}
