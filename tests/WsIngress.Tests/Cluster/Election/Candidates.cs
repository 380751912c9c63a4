using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Cluster;
using WsIngress.Cluster.Election;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Election;

/// <summary>Candidates for one Lease, each with its own clock and port, and all terms that any of them had.</summary>
internal sealed class Candidates : IAsyncDisposable
{
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly List<Candidate> _all = [];
    private readonly ConcurrentQueue<string> _violations = [];

    private Candidates(LeaseServer server) => Server = server;

    public FakeTimeProvider Time { get; } = new();

    public LeaseServer Server { get; }

    public Candidate this[int index] => _all[index];

    public int[] Leaders => [.. Enumerable.Range(0, _all.Count).Where(index => _all[index].Term?.Holds == true)];

    /// <summary>Two terms that held at the same moment.</summary>
    public string[] Violations => [.. _violations];

    public static async Task<Candidates> StartAsync(int count, Func<int, string>? identity = null, int seed = 1)
    {
        var candidates = new Candidates(await LeaseServer.StartAsync(count));
        for (var i = 0; i < count; i++)
        {
            candidates._all.Add(new(candidates, i, identity?.Invoke(i) ?? "pod-" + i, seed));
        }

        return candidates;
    }

    /// <summary>Moves the clock by steps, each once everybody who is not frozen waits, until the condition holds; the time that took.</summary>
    public async Task<TimeSpan> UntilAsync(Func<bool> condition, TimeSpan longest)
    {
        var began = Time.GetTimestamp();
        await SettleAsync();
        while (!condition())
        {
            Assert.True(Time.GetElapsedTime(began) < longest, $"not within {longest}; leaders: [{string.Join(',', Leaders)}], holder {Server.Holder}");
            Time.Advance(Step);
            await SettleAsync();
            Check();
        }

        return Time.GetElapsedTime(began);
    }

    public Task ForAsync(TimeSpan time)
    {
        var began = Time.GetTimestamp();
        return UntilAsync(() => Time.GetElapsedTime(began) >= time, time + Step);
    }

    public Task SettleAsync() => Eventually.True(() => _all.TrueForAll(candidate => candidate.IsSettled));

    /// <summary>The clock stands still meanwhile, and a term that ended stays ended: held before and after means held all the time.</summary>
    public void Check()
    {
        foreach (var one in _all)
        {
            foreach (var other in _all.Where(other => other != one))
            {
                if (one.Term is { Holds: true } first && other.Term is { Holds: true } && first.Holds)
                {
                    _violations.Enqueue($"{one.Identity} and {other.Identity} at {Time.GetUtcNow():mm:ss.fff}");
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Server.Network = (_, _) => Task.FromResult(true);
        _all.ForEach(candidate => candidate.Clock.Thaw());
        var stopping = Task.WhenAll(_all.Select(candidate => candidate.StopAsync()));
        while (!stopping.IsCompleted)
        {
            Time.Advance(Step);
            await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }

        await stopping;
        _all.ForEach(candidate => candidate.Dispose());
        await Server.DisposeAsync();
    }

    /// <summary>One process.</summary>
    internal sealed class Candidate : IDisposable
    {
        private readonly Candidates _candidates;
        private readonly WsIngress.Cluster.ApiServer _api;
        private readonly LeaderElection _election;
        private readonly CancellationTokenSource _stop = new();
        private Task? _running;

        public Candidate(Candidates candidates, int index, string identity, int seed)
        {
            _candidates = candidates;
            Identity = identity;
            Clock = new(candidates.Time, index * 1_000_000_007L) { Skew = TimeSpan.FromMinutes(index * 7) };
            _api = PlainServer.Connect(candidates.Server.Ports[index], Clock);
            Options = new() { Namespace = "ops", Name = "leader", Identity = identity };
            _election = new(_api, Options, Clock, Log, new Random(seed + index));
        }

        public string Identity { get; }

        public CandidateClock Clock { get; }

        public LeaseOptions Options { get; }

        public RecordingLogger<LeaderElection> Log { get; } = new();

        /// <summary>The last term.</summary>
        public Leadership? Term { get; private set; }

        public int Terms { get; private set; }

        public bool IsLeader => _election.IsLeader;

        /// <summary>Not started, over, frozen, or between two requests.</summary>
        public bool IsSettled => _running is null or { IsCompleted: true } || !Clock.RunsAsync().IsCompleted || Clock.IsWaiting(Options.RetryPeriod);

        public Candidate Start()
        {
            _running = _election.RunAsync(LeadAsync, _stop.Token);
            return this;
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await (_running ?? Task.CompletedTask);
        }

        public void Dispose()
        {
            _api.Dispose();
            _stop.Dispose();
        }

        private async Task LeadAsync(Leadership term)
        {
            (Term, Terms) = (term, Terms + 1);
            _candidates.Check();
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var lost = term.Ended.Register(() => ended.TrySetResult());
            await using var stopped = _stop.Token.Register(() => ended.TrySetResult());
            await ended.Task;
        }
    }
}
