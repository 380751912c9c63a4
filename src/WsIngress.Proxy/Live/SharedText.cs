namespace WsIngress.Proxy.Live;

/// <summary>What the sockets of one route mostly have in common: the text that came last, so that the next one with the same holds no copy of its own.</summary>
internal sealed class SharedTexts
{
    public SharedText Host;
    public SharedText Path;
    public SharedText Subprotocol;
}

/// <summary>One such text. Any thread; whoever loses a race has a text of its own, which is all the same.</summary>
internal struct SharedText
{
    private string? _last;

    /// <summary>A text equal to <paramref name="text"/>.</summary>
    public string Share(string text)
    {
        var last = Volatile.Read(ref _last);
        if (last is not null && last == text)
        {
            return last;
        }

        Volatile.Write(ref _last, text);
        return text;
    }
}
