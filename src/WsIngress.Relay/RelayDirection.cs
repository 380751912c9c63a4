using System.Runtime.CompilerServices;

namespace WsIngress.Relay;

/// <summary>
/// One direction of a session, sans I/O: says which bytes of a chunk go on and when the relay's own Close is due. A driver calls
/// <see cref="Take"/>, <see cref="WriteClose"/> and <see cref="Written"/> only as the direction's writer of the moment.
/// </summary>
/// <remarks>
/// States, each entered once: the source is open, then closed (its Close was seen), broken (it broke the protocol) or ended (no more
/// bytes); the sink is open, then sealed (a Close was written to it) or failed. Nothing is released to a sink that is not open.
/// </remarks>
internal sealed partial class RelayDirection(RelaySession session, RelaySide source)
{
    /// <summary>Room that a driver leaves free in front of each chunk, for held header bytes.</summary>
    internal const int Headroom = FrameScanner.MaxHeaderLength;

    private FrameScanner _scanner = new(masked: source == RelaySide.Client);

    private volatile LastWords? _last;
    private volatile bool _sealed;
    private volatile bool _sinkFailed;
    private volatile bool _sourceBroken;
    private volatile bool _sourceEnded;

    internal RelaySide Source => source;

    internal RelaySide Sink => source == RelaySide.Client ? RelaySide.Backend : RelaySide.Client;

    internal ref readonly FrameCounters Counters => ref _scanner.Counters;

    internal CloseStatus? CloseFromSource => _last?.FromSource;

    internal CloseStatus? CloseToSink => _last?.ToSink;

    internal bool SourceEnded => _sourceEnded;

    internal bool SinkFailed => _sinkFailed;

    internal bool AtFrameBoundary => _scanner.AtFrameBoundary;

    /// <summary>Nothing more is expected from the source and nothing more can be told to the sink.</summary>
    internal bool Settled
    {
        get
        {
            bool sourceDone = _sourceEnded || _sourceBroken || CloseFromSource is not null;
            return sourceDone && (_sealed || _sinkFailed || (_sourceEnded && !AtFrameBoundary));
        }
    }

    /// <summary>
    /// Takes <paramref name="count"/> bytes of the source, which stand behind the headroom. Answers the part of the buffer that goes to the
    /// sink, in one write; it may begin in the headroom and may be empty. What it leaves, where rules make it leave anything, is to be given again.
    /// </summary>
    internal Taken Take(Span<byte> buffer, int count)
    {
        if (session.Tap is not { } tap)
        {
            return TakeChunk(buffer, count);
        }

        ulong open = _scanner.RemainingInFrame;
        Taken taken = TakeChunk(buffer, count);
        tap.See(source, open, buffer.Slice(taken.Start, taken.Length));
        return taken;
    }

    private Taken TakeChunk(Span<byte> buffer, int count)
    {
        Span<byte> chunk = buffer.Slice(Headroom, count);
        if (_sealed || _sinkFailed || _sourceBroken || Rules is { HasRefused: true })
        {
            Drop(chunk);
            return default;
        }

        int start = Headroom - _scanner.HeldLength;
        _scanner.CopyHeldTo(buffer[start..]);
        if (session.Ending is { } ending && (session.Overdue || ending.Seals(source)))
        {
            return TakeToBoundary(chunk, start);
        }

        return Rules is { } rules ? ScanFrames(rules, buffer, count, start) : Scan(chunk, start);
    }

    /// <summary>The relay's own Close has to go out now: an ending was decided that closes this direction, and the sink stands between two frames.</summary>
    internal bool IsCloseDue
    {
        get
        {
            if (_sealed || _sinkFailed || _last?.Pending is not null || !AtFrameBoundary || session.Ending is not { } ending)
            {
                return false;
            }

            return ending.Seals(source) || session.Overdue || _sourceEnded || _sourceBroken || Rules is { HasRefused: true };
        }
    }

    /// <summary>
    /// The sink is a pod that is told by a Close frame: it ends the connection itself, as servers do (RFC 6455 §7.1.1), so the port on this side is
    /// free at once. A sink that is not told, as in the middle of a frame, gets FIN when its source ends.
    /// </summary>
    internal bool SinkEndsItself => Sink == RelaySide.Backend && _last?.Pending is not null && !_sinkFailed;

    /// <summary>Writes the Close that is due and returns its length.</summary>
    internal int WriteClose(Span<byte> destination)
    {
        // A side that closed and got no answer is answered with its own words, as its peer would have done (RFC 6455 §5.5.1).
        RelayEnding ending = session.Ending!;
        CloseStatus? own = RelayOutcomes.IsObserved(ending.Outcome) ? session.CloseFrom(Sink) : null;
        CloseStatus close = own ?? ending.CloseTo(Sink);
        Last.Pending = close;
        int length = session.Options.Frames.WriteClose(destination, masked: Sink == RelaySide.Backend, close);
        session.Tap?.SeeOwn(Sink, destination[..length]);
        return length;
    }

    /// <summary>The bytes last released were written. If they ended with a Close, nothing may follow.</summary>
    internal void Written()
    {
        if (_sealed || _last is not { Pending: { } close } last)
        {
            return;
        }

        last.ToSink = close;
        _sealed = true;
    }

    /// <summary>The sink took no more: it is gone, though its own last words may still be on their way.</summary>
    internal void FailSink()
    {
        _sinkFailed = true;
        Flow();
    }

    /// <summary>The source ended; without a Close frame it is lost. One that failed cannot be written to either.</summary>
    internal void EndSource(bool failed, string? detail)
    {
        _sourceEnded = true;
        if (failed)
        {
            session.Opposite(this).FailSink();
        }

        if (CloseFromSource is null && !_sourceBroken)
        {
            session.Lose(source, detail);
        }
    }

    private Taken Scan(Span<byte> chunk, int start)
    {
        FrameScan scan = _scanner.Scan(chunk);
        if (scan.Status == FrameScanStatus.Close)
        {
            Last.Pending = _scanner.Close;
            SeeClose(_scanner.Close!);
        }
        else if (scan.Status == FrameScanStatus.ProtocolError)
        {
            _sourceBroken = true;
            session.Break(source, _scanner.Error);
        }

        return new Taken(start, scan.Release);
    }

    /// <summary>
    /// The end was decided: only the rest of the open frame still goes on. Not the whole frames behind it, for one of them may already be the
    /// answer to the Close that the other side was sent, and the sink shall get the relay's own words.
    /// </summary>
    private Taken TakeToBoundary(Span<byte> chunk, int start)
    {
        int cut = (int)Math.Min(_scanner.RemainingInFrame, (ulong)chunk.Length);
        Taken released = cut == 0 ? default : Scan(chunk[..cut], start);
        Drop(chunk[cut..]);
        return released;
    }

    private void Drop(Span<byte> chunk)
    {
        if (chunk.IsEmpty || CloseFromSource is not null || _sourceBroken)
        {
            return;
        }

        StrongBox<FrameScanner> dropped = Last.Dropped ??= new StrongBox<FrameScanner>(_scanner);
        FrameScan scan = dropped.Value.Scan(chunk);
        if (scan.Status == FrameScanStatus.Close)
        {
            SeeClose(dropped.Value.Close!);
        }
        else if (scan.Status == FrameScanStatus.ProtocolError)
        {
            _sourceBroken = true;
        }
    }

    private void SeeClose(CloseStatus status)
    {
        Last.FromSource = status;
        session.SeeClose(source);
    }

    private LastWords Last => _last ??= new LastWords();

    /// <summary>What is known of the end; a socket that idles without rules has none.</summary>
    private sealed class LastWords
    {
        internal volatile CloseStatus? FromSource;
        internal volatile CloseStatus? ToSink;
        internal CloseStatus? Pending;

        /// <summary>Follows what the source sends after the sink was sealed or failed: it is dropped, but a Close in it is the answer to ours.</summary>
        internal StrongBox<FrameScanner>? Dropped;

        /// <summary>Not of the end, but as rare: so a socket without them has no room for them either.</summary>
        internal FrameRules? Rules;
    }
}
