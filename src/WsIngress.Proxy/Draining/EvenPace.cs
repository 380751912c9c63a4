using WsIngress.Relay;

namespace WsIngress.Proxy.Draining;

/// <summary>Ends sockets one after the other: clients that come back all at once would be a storm.</summary>
internal static class EvenPace
{
    /// <summary>Shorter waits are not worth a timer.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Ends them in random order, each somewhere in its own equal share of the window: no second sees more than the even rate and two.
    /// </summary>
    /// <param name="sessions">Shuffled in place. One that has ended meanwhile is asked to end all the same, which does nothing.</param>
    /// <param name="window">From now to the end of the last one's share.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Order and jitter.</param>
    /// <param name="end">Ends one.</param>
    /// <param name="isOver">Asked before every wait: nothing is left to wait for.</param>
    /// <param name="stop">Leaves the rest open.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static async Task EndAsync(RelaySession[] sessions, TimeSpan window, TimeProvider time, Random random, Action<RelaySession> end, Func<bool> isOver, CancellationToken stop)
    {
        random.Shuffle(sessions);
        var started = time.GetTimestamp();
        for (var i = 0; i < sessions.Length; i++)
        {
            var wait = (window * ((i + random.NextDouble()) / sessions.Length)) - time.GetElapsedTime(started);
            if (wait > Shortest)
            {
                if (isOver())
                {
                    return;
                }

                await Task.Delay(wait, time, stop).ConfigureAwait(false);
            }

            stop.ThrowIfCancellationRequested();
            end(sessions[i]);
        }
    }
}
