using WsIngress.Routing;
using WsIngress.Transport.Loops;

namespace WsIngress.Proxy.Admission;

/// <summary>
/// Handshakes that wait for their turn, first come, first served, with one timer for all of them. No thread waits: a turn is taken for the waiter, who then
/// goes on where it lives. Whoever leaves frees its place at once. For any thread.
/// </summary>
internal sealed class HandshakeQueue(TimeProvider time)
{
    /// <summary>Pods come, go and lose sockets without telling anybody here.</summary>
    private static readonly TimeSpan LongestNap = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ShortestNap = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private ITimer? _timer;
    private double _toldToReturn;
    private long _toldAt;

    /// <summary>Nobody waits, and nobody is expected back.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0 && time.GetElapsedTime(_toldAt) > RetryDelay.Longest;
            }
        }
    }

    /// <summary>What those who wait say of themselves; a snapshot.</summary>
    public object[] Waiting
    {
        get
        {
            lock (_gate)
            {
                return [.. _waiting.Select(waiter => waiter.Who)];
            }
        }
    }

    /// <summary>Takes the turn now or when it comes.</summary>
    /// <param name="turn">What is needed.</param>
    /// <param name="pace">How many may wait.</param>
    /// <param name="who">For <see cref="Waiting"/>.</param>
    /// <param name="again">It had a turn that came to nothing: it goes before those who had none.</param>
    /// <param name="loop">Where it goes on; null: on the thread pool.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask<TurnAnswer> TakeAsync(HandshakeTurn turn, HandshakePace pace, object who, bool again, EventLoop? loop, CancellationToken cancellation)
    {
        Waiter waiter;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!again)
            {
                // Most likely one that was told to.
                Expect(-1, now);
            }

            if (_waiting.Count == 0 || again)
            {
                var outcome = turn.Take(now);
                if (outcome != TurnOutcome.Later)
                {
                    return new(new TurnAnswer(outcome));
                }
            }

            var rate = turn.RateAt(now);
            if (_waiting.Count >= pace.Queue || WouldWait(turn, again ? 0 : _waiting.Count, rate, now) > time.GetElapsedTime(now, turn.Deadline))
            {
                // In vain: better told now than at the end of the wait.
                return new(Refusal(rate, now));
            }

            waiter = new Waiter(this, turn, who, loop);
            waiter.Node = again ? _waiting.AddFirst(waiter) : _waiting.AddLast(waiter);
            Arm(now);
        }

        return new(WaitAsync(waiter, cancellation));
    }

    /// <summary>Something was given back: it is the first one's.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                Serve();
            }
        }
    }

    /// <summary>Refuses one whose wait was ended by something else than the queue.</summary>
    public TurnAnswer Refuse(HandshakeTurn turn)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            return Refusal(turn.RateAt(now), now);
        }
    }

    private static async Task<TurnAnswer> WaitAsync(Waiter waiter, CancellationToken cancellation)
    {
        using var left = cancellation.UnsafeRegister(static state => ((Waiter)state!).Cancel(), waiter);
        return await waiter.Task.ConfigureAwait(false);
    }

    private static TimeSpan WouldWait(HandshakeTurn turn, int ahead, double rate, long now) =>
        turn.UntilNext(now) + (rate > 0 ? TimeSpan.FromSeconds(Math.Min(ahead / rate, 1e9)) : TimeSpan.Zero);

    /// <summary>In order, until a turn is not there yet. Under the gate.</summary>
    private void Serve()
    {
        var now = time.GetTimestamp();
        for (var node = _waiting.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            var outcome = waiter.Turn.Take(now);
            if (outcome != TurnOutcome.Later)
            {
                Leave(waiter, new(outcome));
            }
            else if (now >= waiter.Turn.Deadline)
            {
                Leave(waiter, Refusal(waiter.Turn.RateAt(now), now));
            }
            else if (!waiter.Turn.IsPicky)
            {
                // Those behind it came later, so their time is not over either.
                break;
            }

            node = next;
        }

        Arm(now);
    }

    /// <summary>One more or one less will come back. Some of those who were told to have given up, and are forgotten little by little.</summary>
    private void Expect(int change, long now)
    {
        if (_toldToReturn > 0)
        {
            _toldToReturn *= Math.Exp(-time.GetElapsedTime(_toldAt, now) / RetryDelay.Longest);
        }

        _toldToReturn = Math.Max(0, _toldToReturn + change);
        _toldAt = now;
    }

    private TurnAnswer Refusal(double rate, long now)
    {
        Expect(1, now);
        return new(TurnOutcome.Refused, rate > 0 ? TimeSpan.FromSeconds(Math.Min((_waiting.Count + _toldToReturn) / rate, RetryDelay.Longest.TotalSeconds)) : RetryDelay.Longest);
    }

    private void Leave(Waiter waiter, TurnAnswer answer)
    {
        _waiting.Remove(waiter.Node!);
        waiter.Node = null;
        waiter.Answer(answer);
    }

    private void Arm(long now)
    {
        if (_waiting.First is not { Value.Turn: var first })
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        var (next, left) = (first.UntilNext(now), time.GetElapsedTime(now, first.Deadline));
        var nap = next < left ? next : left;
        _timer ??= time.CreateTimer(static state => ((HandshakeQueue)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(nap < ShortestNap ? ShortestNap : nap < LongestNap ? nap : LongestNap, Timeout.InfiniteTimeSpan);
    }

    /// <summary>One that waits; what it waits for is completed on its loop, or else beside the thread that serves it.</summary>
    private sealed class Waiter(HandshakeQueue queue, HandshakeTurn turn, object who, EventLoop? loop)
        : TaskCompletionSource<TurnAnswer>(loop is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None)
    {
        public LinkedListNode<Waiter>? Node;

        public HandshakeTurn Turn => turn;

        public object Who => who;

        public void Answer(TurnAnswer answer)
        {
            if (loop is null)
            {
                SetResult(answer);
                return;
            }

            loop.Post(static state => { var (waiter, answer) = ((Waiter, TurnAnswer))state!; waiter.SetResult(answer); }, (this, answer));
        }

        public void Cancel()
        {
            lock (queue._gate)
            {
                if (Node is not null)
                {
                    queue.Leave(this, new(TurnOutcome.Cancelled));
                    queue.Arm(queue.Now);
                }
            }
        }
    }

    private long Now => time.GetTimestamp();
}
