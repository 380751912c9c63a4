namespace WsIngress.E2E.Harness;

/// <summary>How long this process was kept from running what was due: what a measurement of time cannot blame on what it measures.</summary>
internal sealed class StallMeter : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _longest;

    public StallMeter() => _running = Task.Run(RunAsync);

    public TimeSpan Longest => TimeSpan.FromTicks(Volatile.Read(ref _longest));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var began = TimeProvider.System.GetTimestamp();
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            var late = TimeProvider.System.GetElapsedTime(began) - Pause;
            Volatile.Write(ref _longest, Math.Max(_longest, late.Ticks));
        }
    }
}
