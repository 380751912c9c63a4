using System.Threading.Channels;

namespace WsIngress.Relay;

/// <summary>
/// Shows the frames of one session while it is attached to it. Whoever relays only appends to a bounded queue: a reader who is too slow loses frames, which are
/// counted, and never holds up the socket. One reader.
/// </summary>
public sealed class FrameTap
{
    /// <summary>Bytes of payload that are shown of a frame.</summary>
    public const int MostPayload = 256;

    /// <summary>Stands where no tap can be attached any more, since the session has ended.</summary>
    internal static readonly FrameTap Over = new(withPayload: false, TimeProvider.System, capacity: 1);

    private readonly TimeProvider _time;
    private readonly Channel<TappedFrame> _frames;
    private readonly TappedDirection _fromClient;
    private readonly TappedDirection _fromBackend;
    private readonly TappedDirection _toClient;
    private readonly TappedDirection _toBackend;
    private long _unshown;
    private long _dropped;

    /// <param name="withPayload">Shows the first <see cref="MostPayload"/> bytes of each frame too.</param>
    /// <param name="time">Dates the frames.</param>
    /// <param name="capacity">Frames that may wait for the reader.</param>
    public FrameTap(bool withPayload, TimeProvider time, int capacity = 1024)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _frames = Channel.CreateBounded<TappedFrame>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        _fromClient = new(this, RelaySide.Client, RelaySide.Backend, withPayload);
        _fromBackend = new(this, RelaySide.Backend, RelaySide.Client, withPayload);
        _toClient = new(this, RelaySide.Proxy, RelaySide.Client, withPayload);
        _toBackend = new(this, RelaySide.Proxy, RelaySide.Backend, withPayload);
    }

    /// <summary>Completes when the session has ended.</summary>
    public ChannelReader<TappedFrame> Frames => _frames.Reader;

    /// <summary>Frames that were not shown so far.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>How the session ended; null while it has not.</summary>
    public RelayReport? Report { get; private set; }

    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Bytes of a direction that go on: whole headers, and payload cut anywhere. One thread for each direction at a time.</summary>
    /// <param name="source">Who sent them.</param>
    /// <param name="open">Payload bytes that were still missing of the frame before.</param>
    /// <param name="bytes">What is released.</param>
    internal void See(RelaySide source, ulong open, ReadOnlySpan<byte> bytes) => (source == RelaySide.Client ? _fromClient : _fromBackend).See(open, bytes);

    /// <summary>A whole frame that the relay itself writes.</summary>
    internal void SeeOwn(RelaySide sink, ReadOnlySpan<byte> frame) => (sink == RelaySide.Client ? _toClient : _toBackend).See(0, frame);

    internal void Complete(RelayReport report)
    {
        Report = report;
        _frames.Writer.TryComplete();
    }

    internal void Show(TappedFrame frame)
    {
        var unshown = Interlocked.Exchange(ref _unshown, 0);
        if (!_frames.Writer.TryWrite(unshown == 0 ? frame : frame with { DroppedBefore = unshown }))
        {
            Interlocked.Add(ref _unshown, unshown + 1);
            Interlocked.Increment(ref _dropped);
        }
    }
}
