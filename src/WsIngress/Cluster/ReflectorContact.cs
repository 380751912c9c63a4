namespace WsIngress.Cluster;

/// <summary>The contact of one Reflector with its server. Written by the Reflector, read from any thread.</summary>
internal sealed class ReflectorContact(DateTimeOffset started)
{
    /// <summary>Bookmarks come about once a minute; a watch that brought nothing for this long has missed one.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(90);

    private long _last = started.UtcTicks;
    private volatile bool _isWatching;
    private volatile bool _hasBookmarks;
    private volatile bool _isDispensable;

    /// <summary>When a page, a line or a clean end came last; the start of the Reflector before the first.</summary>
    public DateTimeOffset Last => new(Volatile.Read(ref _last), TimeSpan.Zero);

    /// <summary>A watch is open.</summary>
    public bool IsWatching
    {
        get => _isWatching;
        set => _isWatching = value;
    }

    /// <summary>The server sends bookmarks, so that an open watch that brings nothing is no proof of life for long.</summary>
    public bool HasBookmarks
    {
        get => _hasBookmarks;
        set => _hasBookmarks = value;
    }

    /// <summary>Nothing is missing while this is not followed: nothing is asked of it, and the right to it is not given.</summary>
    public bool IsDispensable
    {
        get => _isDispensable;
        set => _isDispensable = value;
    }

    public void Heard(DateTimeOffset now) => Volatile.Write(ref _last, now.UtcTicks);

    /// <summary>How long the server has not been heard; zero while a watch is open that has missed no bookmark.</summary>
    public TimeSpan Age(DateTimeOffset now)
    {
        var silent = now - Last;
        return IsDispensable || (IsWatching && !(HasBookmarks && silent > Overdue)) ? TimeSpan.Zero : silent;
    }
}
