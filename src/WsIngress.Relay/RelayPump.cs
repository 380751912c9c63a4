using System.Diagnostics.CodeAnalysis;

namespace WsIngress.Relay;

/// <summary>
/// Moves one direction: reads the source until it ends, and writes to the sink. Who writes holds the gate, so the sink has one writer at
/// a time: this loop, or the relay that puts in a frame of its own while the loop waits for bytes.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A gate without wait handle holds nothing to dispose, and a pump that was left behind may still use it.")]
internal sealed class RelayPump(
    RelayDirection direction, RelaySession session, Stream source, RelayEnd sink, ReadOnlyMemory<byte> early, CancellationToken cut)
{
    private const int Headroom = RelayDirection.Headroom;

    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Bytes that were read before the relay began. A field, and let go once moved: a loop's local lives as long as the socket.</summary>
    private ReadOnlyMemory<byte> _early = early;
    private bool _shutDown;

    /// <summary>The pause that is on; made for each.</summary>
    private CancellationTokenSource? _pause;

    internal RelayDirection Direction => direction;

    /// <summary>Ends when the source has ended or the relay is cut. Never throws.</summary>
    internal async Task RunAsync()
    {
        Exception? error = null;
        try
        {
            await MoveAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = e;
        }

        if (!cut.IsCancellationRequested)
        {
            direction.EndSource(error is not null, error?.Message);
            await SealAsync(Shutdown.UnlessSinkEndsItself).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Puts in the relay's own Close if it is due, and ends the sink's half if asked. Waits for the gate: a pump in the middle of
    /// a write comes first. Never throws; a sink that fails is noted.
    /// </summary>
    internal async Task SealAsync(Shutdown shutdown)
    {
        try
        {
            await _gate.WaitAsync(cut).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            await WriteDueCloseAsync().ConfigureAwait(false);
            if (shutdown != Shutdown.No && !(shutdown == Shutdown.UnlessSinkEndsItself && direction.SinkEndsItself) && !_shutDown && !direction.SinkFailed && sink.ShutdownWrite is { } shutdownWrite)
            {
                _shutDown = true;
                await shutdownWrite().ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            direction.FailSink();
        }
        finally
        {
            _gate.Release();
            session.Signal();
        }
    }

    /// <summary>
    /// The loop. Idle, it waits in a read of zero bytes and owns no buffer. After data it asks with another read of zero bytes whether more is
    /// there: if so the buffer is kept. A stream whose empty reads return at once holds a buffer while it waits, and does not spin.
    /// On a NetworkStream the empty read is free: traced, a 64-byte message costs two recv (one finds nothing) and one send, the same as with a
    /// buffer held all the time, because readiness alone completes an empty read.
    /// </summary>
    private async Task MoveAsync()
    {
        RelayBufferPool pool = session.Options.Buffers;
        byte[]? buffer = null;
        try
        {
            while (true)
            {
                int count;
                if (!_early.IsEmpty)
                {
                    buffer ??= pool.Rent(session.Options.BufferSize);
                    count = TakeEarly(buffer.AsSpan(Headroom, session.Options.BufferSize - Headroom));
                }
                else
                {
                    ValueTask<int> ready = source.ReadAsync(Memory<byte>.Empty, cut);
                    if (!ready.IsCompleted && buffer is not null)
                    {
                        pool.Return(buffer);
                        buffer = null;
                    }

                    await ready.ConfigureAwait(false);
                    buffer ??= pool.Rent(session.Options.BufferSize);
                    count = await source.ReadAsync(buffer.AsMemory(Headroom, session.Options.BufferSize - Headroom), cut).ConfigureAwait(false);
                    if (count == 0)
                    {
                        return;
                    }
                }

                for (bool more = true; more;)
                {
                    Taken taken = default;
                    await _gate.WaitAsync(cut).ConfigureAwait(false);
                    try
                    {
                        taken = direction.Take(buffer, count);
                        if (taken.Length > 0)
                        {
                            ValueTask write = sink.Stream.WriteAsync(buffer.AsMemory(taken.Start, taken.Length), cut);
                            bool stalls = !write.IsCompleted && direction.Stall();
                            await write.ConfigureAwait(false);
                            Task flush = sink.Stream.FlushAsync(cut);
                            stalls |= !flush.IsCompleted && direction.Stall();
                            await flush.ConfigureAwait(false);
                            direction.Written();
                            if (stalls)
                            {
                                direction.Flow();
                            }
                        }

                        if (session.Ending is not null)
                        {
                            await WriteDueCloseAsync().ConfigureAwait(false);
                            session.Signal();
                        }
                        else
                        {
                            await WriteDuePingAsync().ConfigureAwait(false);
                        }

                    }
                    catch (Exception) when (!cut.IsCancellationRequested)
                    {
                        // Not yet the verdict: the sink's own last words, a Close frame perhaps, may still be unread.
                        direction.FailSink();
                        session.Signal();
                    }
                    finally
                    {
                        _gate.Release();
                    }

                    // What was not taken is given again, and if the sink has failed it is still looked through.
                    buffer.AsSpan(Headroom + count - taken.Rest, taken.Rest).CopyTo(buffer.AsSpan(Headroom));
                    count = taken.Rest;
                    more = count > 0 || direction.IsPaused;
                    if (direction.IsPingDue)
                    {
                        // It became due behind the look above, and whoever wanted to write it found the gate closed.
                        await PingAsync().ConfigureAwait(false);
                    }

                    if (direction.IsPaused)
                    {
                        await PauseAsync().ConfigureAwait(false);
                    }
                }
            }
        }
        finally
        {
            if (buffer is not null)
            {
                pool.Return(buffer);
            }
        }
    }

    private int TakeEarly(Span<byte> buffer)
    {
        int count = Math.Min(_early.Length, buffer.Length);
        _early.Span[..count].CopyTo(buffer);
        _early = count == _early.Length ? default : _early[count..];
        return count;
    }

    /// <summary>Puts in the relay's own Ping if it is due. Whoever holds the gate looks again behind it, so none is forgotten.</summary>
    internal async Task PingAsync()
    {
        while (direction.IsPingDue && _gate.Wait(0))
        {
            try
            {
                await WriteDuePingAsync().ConfigureAwait(false);
            }
            catch (Exception)
            {
                direction.FailSink();
                session.Signal();
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    /// <summary>Waits until the source may go on, or until the end is decided.</summary>
    private async Task PauseAsync()
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cut);
        Volatile.Write(ref _pause, pause);
        try
        {
            if (session.Ending is null)
            {
                // A timer of less than a millisecond is none.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(direction.PauseLeft.TotalMilliseconds) + 1), session.Time, pause.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cut.IsCancellationRequested)
        {
            // The end was decided.
        }
        finally
        {
            Volatile.Write(ref _pause, null);
        }

        direction.Resume();
    }

    /// <summary>Ends a pause: the end was decided.</summary>
    internal void EndPause()
    {
        try
        {
            Volatile.Read(ref _pause)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    private async ValueTask WriteDuePingAsync()
    {
        if (!direction.IsPingDue)
        {
            return;
        }

        byte[] frame = new byte[FrameWriter.MaxFrameLength];
        int length = direction.WritePing(frame);
        ValueTask write = sink.Stream.WriteAsync(frame.AsMemory(0, length), cut);
        bool stalls = !write.IsCompleted && direction.Stall();
        await write.ConfigureAwait(false);
        await sink.Stream.FlushAsync(cut).ConfigureAwait(false);
        if (stalls)
        {
            direction.Flow();
        }
    }

    private async ValueTask WriteDueCloseAsync()
    {
        if (!direction.IsCloseDue)
        {
            return;
        }

        byte[] frame = new byte[FrameWriter.MaxFrameLength];
        int length = direction.WriteClose(frame);
        await sink.Stream.WriteAsync(frame.AsMemory(0, length), cut).ConfigureAwait(false);
        await sink.Stream.FlushAsync(cut).ConfigureAwait(false);
        direction.Written();
    }
}

/// <summary>Whether a sink's half is ended behind its Close.</summary>
internal enum Shutdown
{
    No,
    UnlessSinkEndsItself,
    Always,
}
