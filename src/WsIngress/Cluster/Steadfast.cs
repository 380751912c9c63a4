namespace WsIngress.Cluster;

/// <summary>
/// Work that lasts as long as the process. What nobody foresaw is told and costs one pause: a task that ended with it would be missed
/// only at the end of the process, since until then nobody waits for it.
/// </summary>
internal static class Steadfast
{
    /// <param name="work">Begun anew after each failure. To return is to be done.</param>
    /// <param name="pause">From a failure to the next beginning.</param>
    /// <param name="tell">Told of each failure.</param>
    /// <param name="time">The clock of the pause.</param>
    /// <param name="until">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static async Task RunAsync(Func<Task> work, TimeSpan pause, Action<Exception> tell, TimeProvider time, CancellationToken until)
    {
        while (true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (Exception unforeseen)
            {
                until.ThrowIfCancellationRequested();
                tell(unforeseen);
            }

            await Task.Delay(pause, time, until).ConfigureAwait(false);
        }
    }
}
