namespace WsIngress.Hosting;

/// <summary>A span that is counted from a moment which comes later, for all that has to be done within it. Thread-safe.</summary>
internal sealed class Deadline(TimeSpan span, TimeProvider time)
{
    private long _begun = long.MinValue;

    /// <summary>The first call counts.</summary>
    public void Begin() => Interlocked.CompareExchange(ref _begun, time.GetTimestamp(), long.MinValue);

    /// <summary>What is left of it, not below zero; all of it before it began.</summary>
    public TimeSpan Left
    {
        get
        {
            var begun = Interlocked.Read(ref _begun);
            var left = begun == long.MinValue ? span : span - time.GetElapsedTime(begun);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
