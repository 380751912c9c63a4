using System.Runtime.CompilerServices;

namespace WsIngress.Relay;

/// <summary>The direction whose frames are judged one by one: Pings of the relay's own, sizes, rates, stalls.</summary>
internal sealed partial class RelayDirection
{
    private FrameRules? Rules => _last?.Rules;

    /// <summary>It is not to be read, nor given what was read of it, before <see cref="Resume"/>.</summary>
    internal bool IsPaused => Rules is { IsPaused: true };

    /// <summary>How long the pause takes from now.</summary>
    internal TimeSpan PauseLeft => session.Time.GetElapsedTime(0, Math.Max(0, Rules!.PausedUntil - session.Time.GetTimestamp()));

    /// <summary>What the driver keeps while the direction is paused.</summary>
    internal object? Kept
    {
        get => Rules?.Kept;
        set => Rules!.Kept = value;
    }

    /// <summary>A Ping of our own to the sink has to go out now, and may.</summary>
    internal bool IsPingDue => Rules?.ToSink is { IsDue: true } && !_sealed && !_sinkFailed && AtFrameBoundary && session.Ending is null;

    /// <summary>Time since the last Ping to the source went out and its answer came in.</summary>
    internal TimeSpan? RoundTrip => Rules?.FromSource?.RoundTrip;

    /// <summary>Since when the sink takes no bytes, where somebody wants to know; else 0.</summary>
    internal long StalledSince => Rules?.StalledSince ?? 0;

    internal void Use(FrameRules rules)
    {
        Last.Rules = rules;
        if (rules.FromSource is not null)
        {
            _scanner.HoldPongs();
        }
    }

    /// <summary>The pause is over.</summary>
    internal void Resume()
    {
        Rules!.IsPaused = false;
    }

    /// <summary>Bytes wait for the sink, and it takes none from now on. True where somebody wants to know.</summary>
    internal bool Stall()
    {
        if (Rules is not { } rules)
        {
            return false;
        }

        rules.StalledSince = session.Time.GetTimestamp();
        return true;
    }

    /// <summary>Nothing waits for the sink any more.</summary>
    internal void Flow()
    {
        if (Rules is { } rules)
        {
            rules.StalledSince = 0;
        }
    }

    /// <summary>Writes the Ping that is due and returns its length.</summary>
    internal int WritePing(Span<byte> destination)
    {
        Span<byte> payload = stackalloc byte[FrameScanner.MarkLength];
        Rules!.ToSink!.Send(payload);
        int length = session.Options.Frames.WritePing(destination, masked: Sink == RelaySide.Backend, payload);
        session.Tap?.SeeOwn(Sink, destination[..length]);
        return length;
    }

    /// <summary>Looks at what takes time. <paramref name="now"/> is a timestamp of the session's clock.</summary>
    /// <returns>A Ping to the sink waits to be written.</returns>
    internal bool Check(long now)
    {
        if (Rules is not { } rules)
        {
            return false;
        }

        if (rules.StalledSince is > 0 and var since && session.Options.StallTimeout > TimeSpan.Zero && session.Time.GetElapsedTime(since, now) >= session.Options.StallTimeout)
        {
            session.RequestEnd(RelayOutcome.SlowConsumer, reason: $"took no bytes for {Seconds(session.Options.StallTimeout)}", side: Sink);
        }

        if (rules.FromSource is not { } pings)
        {
            return rules.ToSink is { IsDue: true };
        }

        if (rules.IsPaused || rules.StalledSince != 0)
        {
            // It is not read, so nothing can be heard of it.
            pings.Heard(now);
        }

        if (!pings.Check(now, session.Opposite(this).StalledSince))
        {
            session.RequestEnd(RelayOutcome.PingTimeout, reason: $"no answer within {Seconds(session.TimeoutOf(source))}", side: source);
        }

        return pings.IsDue;
    }

    /// <summary>Before this timestamp <see cref="Check"/> has nothing to find.</summary>
    internal long NextCheck()
    {
        if (Rules is not { } rules)
        {
            return long.MaxValue;
        }

        long stall = rules.StalledSince is > 0 and var since && session.Options.StallTimeout > TimeSpan.Zero ? since + session.Ticks(session.Options.StallTimeout) : long.MaxValue;
        return Math.Min(stall, rules.FromSource?.NextCheck ?? long.MaxValue);
    }

    /// <summary>As <see cref="Scan"/>, frame by frame. What is not the sink's is taken out, and what follows moves up.</summary>
    private Taken ScanFrames(FrameRules rules, Span<byte> buffer, int count, int start)
    {
        long now = session.Time.GetTimestamp();
        rules.FromSource?.Heard(now);
        int end = Headroom + count;
        int at = Headroom;
        int frame = start;
        int released = start;
        bool goesOn = true;
        while (goesOn && (at < end || _scanner.IsStepDue))
        {
            FrameStep step = _scanner.Step(buffer[at..end], out int taken);
            at += taken;
            switch (step)
            {
                case FrameStep.Header:
                    FrameVerdict verdict = rules.Judge(_scanner, now);
                    if (verdict == FrameVerdict.TooEarly && session.Ending is not null)
                    {
                        // The end is decided: nothing waits any more.
                        verdict = FrameVerdict.Pass;
                    }

                    if (verdict == FrameVerdict.Own)
                    {
                        _scanner.Forget();
                        frame = at;
                    }
                    else if (verdict == FrameVerdict.Pass)
                    {
                        rules.Spend(_scanner, at - frame);
                        released = MoveUp(buffer, frame, at, released);
                    }
                    else
                    {
                        Refuse(rules, verdict, buffer[at..end]);
                        at = verdict == FrameVerdict.TooEarly ? at : end;
                        goesOn = false;
                    }

                    break;
                case FrameStep.Payload or FrameStep.End:
                    rules.Spend(_scanner, taken);
                    released = MoveUp(buffer, at - taken, at, released);
                    frame = at;
                    if (_scanner.Close is { } close)
                    {
                        Last.Pending = close;
                        SeeClose(close);
                        at = end;
                        goesOn = false;
                    }
                    else if (step == FrameStep.End && at < end && IsPingDue)
                    {
                        // The only boundary of this chunk, for all we know.
                        goesOn = false;
                    }

                    break;
                case FrameStep.ProtocolError:
                    _sourceBroken = true;
                    session.Break(source, _scanner.Error);
                    at = end;
                    goesOn = false;
                    break;
            }
        }

        _scanner.CountReleased(released - start);
        if (session.Ending is null && !rules.IsPaused && rules.IsOverspent(now))
        {
            if (rules.Limits.Exceeded == RateAction.Close)
            {
                EndTooFast(FormattableString.Invariant($"above {rules.Limits.ByteRate:0.###} bytes per second"));
            }
            else
            {
                rules.IsPaused = true;
            }
        }

        return new Taken(start, released - start, end - at);
    }

    /// <summary>The frame whose header was taken last does not go on, at least not now.</summary>
    private void Refuse(FrameRules rules, FrameVerdict verdict, Span<byte> rest)
    {
        if (verdict == FrameVerdict.TooEarly)
        {
            _scanner.HoldAgain();
            rules.IsPaused = true;
            return;
        }

        // What its sender says after it is not for the sink, but may hold the answer to our Close. It stays so whatever end was decided meanwhile.
        rules.HasRefused = true;
        Last.Dropped = new StrongBox<FrameScanner>(_scanner);
        _scanner.Forget();
        if (verdict == FrameVerdict.TooBig)
        {
            session.RequestEnd(RelayOutcome.MessageTooBig, reason: FormattableString.Invariant($"above {rules.Limits.MaxSize} bytes"), side: source);
        }
        else
        {
            EndTooFast(FormattableString.Invariant($"above {rules.Limits.Rate:0.###} messages per second"));
        }

        Drop(rest);
    }

    private void EndTooFast(string reason)
    {
        session.RequestEnd(RelayOutcome.MessageRate, reason: reason, side: source);
    }

    private static int MoveUp(Span<byte> buffer, int from, int to, int released)
    {
        if (from != released)
        {
            buffer[from..to].CopyTo(buffer[released..]);
        }

        return released + to - from;
    }

    private static string Seconds(TimeSpan span) => FormattableString.Invariant($"{span.TotalSeconds:0.###} s");
}

/// <summary>What becomes of one chunk.</summary>
/// <param name="Start">Where the bytes for the sink begin in the buffer; perhaps in the headroom.</param>
/// <param name="Length">Their number, perhaps zero. They go out in one write.</param>
/// <param name="Rest">Bytes at the end of the chunk that were not taken: they are to be given again, once the relay's own Ping is out or the pause is over.</param>
internal readonly record struct Taken(int Start, int Length, int Rest = 0);
