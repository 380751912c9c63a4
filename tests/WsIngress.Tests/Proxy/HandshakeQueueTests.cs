using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Admission;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Whole storms against the queue by itself, on a clock of the test: 5,000 clients that come in one second, 400 of them a second may in.</summary>
public sealed class HandshakeQueueTests
{
    private const int Clients = 5000;
    private const int Rate = 400;
    private const int Burst = 40;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly HandshakePace Pace = new() { Rate = Rate, Burst = Burst };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Clients_that_do_as_they_are_told_are_all_back_in_a_fifth_more_than_it_has_to_take(int seed)
    {
        var taken = Storm(seed, (told, _) => TimeSpan.FromSeconds(told), TimeSpan.FromSeconds(Clients / (double)Rate * 1.2));
        Assert.Equal(Clients, taken.Count);
        NoSecondSeesMore(taken);
    }

    [Fact]
    public void Clients_that_hammer_lock_out_nobody()
    {
        var taken = Storm(5, (_, random) => TimeSpan.FromMilliseconds(random.Next(50, 250)), TimeSpan.FromSeconds(Clients / (double)Rate * 1.2));
        Assert.Equal(Clients, taken.Count);
        NoSecondSeesMore(taken);
    }

    [Fact]
    public async Task A_turn_that_is_given_back_is_the_next_ones_at_once()
    {
        var time = new FakeTimeProvider();
        var queue = new HandshakeQueue(time);
        var gate = new IngressGate(time);
        IngressTurn Turn() => new(gate, Pace with { Rate = 0.001, Burst = 1 }, time) { Deadline = time.GetTimestamp() + (3600 * time.TimestampFrequency) };
        var first = Turn();
        Assert.Equal(TurnOutcome.Taken, (await gate.Queue.TakeAsync(first, Pace, "a", false, null, default)).Outcome);
        var second = gate.Queue.TakeAsync(Turn(), Pace, "b", false, null, default).AsTask();
        Assert.False(second.IsCompleted);

        first.GiveBack();
        Assert.Equal(TurnOutcome.Taken, (await second.WaitAsync(TimeSpan.FromSeconds(20))).Outcome);
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public async Task One_that_lacks_what_others_find_does_not_hold_them_up()
    {
        var time = new FakeTimeProvider();
        var queue = new HandshakeQueue(time);
        var open = new ScriptedTurn { Deadline = long.MaxValue };
        var picky = new ScriptedTurn { Deadline = long.MaxValue, Picky = true };
        var first = queue.TakeAsync(picky, Pace, "a", false, null, default).AsTask();
        var second = queue.TakeAsync(open, Pace, "b", false, null, default).AsTask();
        open.Outcome = TurnOutcome.Taken;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TurnOutcome.Taken, (await second.WaitAsync(TimeSpan.FromSeconds(20))).Outcome);
        Assert.False(first.IsCompleted);

        picky.Outcome = TurnOutcome.Never;
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TurnOutcome.Never, (await first.WaitAsync(TimeSpan.FromSeconds(20))).Outcome);
        Assert.Empty(queue.Waiting);
    }

    /// <summary>When each turn was taken, until all were or the time is over.</summary>
    private static List<TimeSpan> Storm(int seed, Func<int, Random, TimeSpan> wait, TimeSpan limit)
    {
        var time = new FakeTimeProvider();
        var random = new Random(seed);
        var retry = new RetryDelay(random, time);
        var queue = new HandshakeQueue(time);
        var bucket = new PaceBucket();
        var taken = new List<TimeSpan>();
        var started = time.GetTimestamp();
        var due = new PriorityQueue<int, TimeSpan>(Enumerable.Range(0, Clients).Select(client => (client, random.NextDouble() * TimeSpan.FromSeconds(1))));
        var waiting = new List<(int Client, Task<TurnAnswer> Answer, CountedTurn Turn)>();
        for (var now = TimeSpan.Zero; now <= limit && taken.Count < Clients; now += Step)
        {
            while (due.TryPeek(out var client, out var at) && at <= now)
            {
                due.Dequeue();
                var turn = new CountedTurn(bucket, time, () => taken.Add(time.GetElapsedTime(started))) { Deadline = time.GetTimestamp() + time.TimestampFrequency };
                var answer = queue.TakeAsync(turn, Pace, client, false, null, default).AsTask();
                if (!answer.IsCompleted)
                {
                    waiting.Add((client, answer, turn));
                }
                else if (answer.GetAwaiter().GetResult() is { Outcome: TurnOutcome.Refused } refused)
                {
                    due.Enqueue(client, now + wait(retry.Draw(refused.Clears), random));
                }
            }

            time.Advance(Step);
            foreach (var gone in waiting.Where(w => !w.Turn.WasTaken && w.Answer.IsCompleted).ToArray())
            {
                due.Enqueue(gone.Client, now + Step + wait(retry.Draw(gone.Answer.GetAwaiter().GetResult().Clears), random));
                waiting.Remove(gone);
            }

            waiting.RemoveAll(w => w.Turn.WasTaken);
        }

        return taken;
    }

    private static void NoSecondSeesMore(List<TimeSpan> taken)
    {
        for (var i = 0; i < taken.Count; i++)
        {
            var within = taken.Skip(i).TakeWhile(at => at - taken[i] < TimeSpan.FromSeconds(1)).Count();
            Assert.True(within <= Rate + Burst, $"{within} within a second of {taken[i]}");
        }
    }

    private sealed class CountedTurn(PaceBucket bucket, TimeProvider time, Action taken) : HandshakeTurn
    {
        public bool WasTaken { get; private set; }

        public override TurnOutcome Take(long now)
        {
            if (!bucket.TryTake(At(now)))
            {
                return TurnOutcome.Later;
            }

            WasTaken = true;
            taken();
            return TurnOutcome.Taken;
        }

        public override void GiveBack() => bucket.GiveBack();

        public override double RateAt(long now) => Rate;

        public override TimeSpan UntilNext(long now) => bucket.UntilNext(At(now));

        private PaceNow At(long now) => new(Rate, Burst, now, time);
    }

    private sealed class ScriptedTurn : HandshakeTurn
    {
        public TurnOutcome Outcome { get; set; } = TurnOutcome.Later;

        public bool Picky { get; init; }

        public override bool IsPicky => Picky;

        public override TurnOutcome Take(long now) => Outcome;

        public override void GiveBack()
        {
        }

        public override double RateAt(long now) => 1000;

        public override TimeSpan UntilNext(long now) => TimeSpan.FromMilliseconds(10);
    }
}
