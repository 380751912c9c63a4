using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace WsIngress.ApiServer;

/// <summary>What a watch writes next.</summary>
/// <param name="Line">A whole line with its line feed; empty for an end without a last event.</param>
/// <param name="After">What happens to the stream after it.</param>
internal readonly record struct WatchLine(byte[] Line, WatchEnding After = WatchEnding.None);

/// <summary>How a watch goes on after a line.</summary>
internal enum WatchEnding
{
    None,

    /// <summary>The response ends as a complete one.</summary>
    Clean,

    /// <summary>Half of the line is written, then the connection breaks.</summary>
    Cut,
}

/// <summary>One open watch: its filter and the lines that wait to be written. The store offers changes under its lock.</summary>
internal sealed class WatchSubscription(ResourceKind kind, ObjectFilter filter, ObjectShape shape, long? from)
{
    private readonly Channel<WatchLine> _lines = Channel.CreateUnbounded<WatchLine>(new UnboundedChannelOptions { SingleReader = true });

    public ResourceKind Kind { get; } = kind;

    /// <summary>Only later changes; null begins with the present objects.</summary>
    public long? From { get; } = from;

    public bool TakesBookmarks { get; init; }

    /// <summary>Whether a bookmark marks the end of the present objects.</summary>
    public bool SendsInitialEnd { get; init; }

    public ChannelReader<WatchLine> Lines => _lines.Reader;

    /// <summary>Takes a change as this watch sees it: entering the filter is ADDED, leaving it DELETED.</summary>
    public void Offer(StoreEvent change)
    {
        if (change.Version <= From)
        {
            return;
        }

        var before = change.Previous is { } previous && filter.Matches(previous);
        var after = change.Type != StoreEvent.Deleted && filter.Matches(change.Current);
        if (after)
        {
            Send(before ? StoreEvent.Modified : StoreEvent.Added, shape.Alone(change.Current));
        }
        else if (before)
        {
            Send(StoreEvent.Deleted, shape.Alone(change.Type == StoreEvent.Deleted ? change.Current : change.Previous!.At(change.Version)));
        }
    }

    public void OfferBookmark(long revision, bool initialEnd)
    {
        if (!TakesBookmarks)
        {
            return;
        }

        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString() };
        if (initialEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        var (shownKind, shownVersion) = shape.Bookmark(Kind);
        var bookmark = new JsonObject { ["kind"] = shownKind, ["apiVersion"] = shownVersion, ["metadata"] = metadata };
        if (Kind.BookmarkHasSpec && shape == ObjectShape.Plain)
        {
            bookmark["spec"] = new JsonObject();
        }

        Send("BOOKMARK", StoredObject.Serialize(bookmark));
    }

    /// <summary>Sends an ERROR event with a Status and ends cleanly.</summary>
    public void OfferError(ApiFailure failure) => Put(new WatchLine(ErrorLine(failure), WatchEnding.Clean));

    public static byte[] ErrorLine(ApiFailure failure) => EventLine("ERROR", StoredObject.Serialize(failure.ToStatus()));

    public void End() => Put(new WatchLine([], WatchEnding.Clean));

    public void Cut() => Put(new WatchLine(EventLine(StoreEvent.Modified, Encoding.UTF8.GetBytes($$$"""{"kind":"{{{Kind.Kind}}}","metadata":{"name":"cut"}}""")), WatchEnding.Cut));

    public void Put(WatchLine line) => _lines.Writer.TryWrite(line);

    private void Send(string type, byte[] json) => Put(new WatchLine(EventLine(type, json)));

    private static byte[] EventLine(string type, byte[] json) =>
        [.. Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","object":"""), .. json, (byte)'}', (byte)'\n'];
}
