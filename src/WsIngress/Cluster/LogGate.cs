namespace WsIngress.Cluster;

/// <summary>Lets a line of the log through when it says something new, and the same one again after <paramref name="again"/>. Thread-safe.</summary>
internal sealed class LogGate(TimeProvider time, TimeSpan again)
{
    private readonly Lock _lock = new();
    private string? _last;
    private long _told;

    public bool Opens(string text)
    {
        lock (_lock)
        {
            if (text == _last && time.GetElapsedTime(_told) < again)
            {
                return false;
            }

            (_last, _told) = (text, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>All is well again; true when something had been told.</summary>
    public bool Close()
    {
        lock (_lock)
        {
            var told = _last is not null;
            _last = null;
            return told;
        }
    }
}
