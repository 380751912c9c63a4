using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WsIngress.Cluster;
using WsIngress.Cluster.Election;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster.Election;

public sealed partial class LeaderElectionTests
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task An_absent_Lease_is_created_and_then_renewed_every_retry_period()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        var spec = all.Server.Lease!["spec"]!;
        Assert.Equal("pod-0", (string?)spec["holderIdentity"]);
        Assert.Equal(15, (int)spec["leaseDurationSeconds"]!);
        Assert.Equal(0, (int)spec["leaseTransitions"]!);
        Assert.Matches(SixDigits(), (string)spec["acquireTime"]!);
        Assert.Matches(SixDigits(), (string)spec["renewTime"]!);
        var acquired = (string)spec["acquireTime"]!;

        await all.ForAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(30, all.Server.Writes.Count(write => write.Method == "PUT"), 1.0);
        Assert.Equal(acquired, (string)all.Server.Lease!["spec"]!["acquireTime"]!);
        Assert.NotEqual(acquired, (string)all.Server.Lease!["spec"]!["renewTime"]!);
        Assert.Equal(1, all[0].Terms);
    }

    [Fact]
    public async Task A_killed_leader_is_followed_within_lease_duration_and_retry_period()
    {
        await using var all = await Candidates.StartAsync(2);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[1].Start();
        await all.ForAsync(TimeSpan.FromSeconds(7));
        all[0].Clock.Freeze();

        var took = await all.UntilAsync(() => all[1].IsLeader, Duration + Retry + Candidates.Step);
        Assert.True(took > Deadline, $"taken after {took}, while the leader might still have been one");
        Assert.Equal(1, (int)all.Server.Lease!["spec"]!["leaseTransitions"]!);
        Assert.False(all[0].Term!.Holds, "a frozen leader reads the clock and knows");

        all[0].Clock.Thaw();
        await all.ForAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([1], all.Leaders);
        Assert.Single(all[0].Log.Of(5202));
        Assert.Empty(all.Violations);
    }

    [Fact]
    public async Task A_released_Lease_is_taken_within_the_retry_period()
    {
        await using var all = await Candidates.StartAsync(2);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[1].Start();
        await all.ForAsync(TimeSpan.FromSeconds(5));

        await all[0].StopAsync();
        await all.UntilAsync(() => all[1].IsLeader, Retry + Candidates.Step);
        Assert.Contains((0, "PUT", ""), all.Server.Writes);
        Assert.Empty(all.Violations);
    }

    [Fact]
    public async Task A_released_Lease_has_no_holder_and_the_shortest_duration()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        await all[0].StopAsync();
        var spec = all.Server.Lease!["spec"]!;
        Assert.Equal("", (string?)spec["holderIdentity"]);
        Assert.Equal(1, (int)spec["leaseDurationSeconds"]!);
        Assert.Matches(SixDigits(), (string)spec["renewTime"]!);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_at_the_deadline_though_its_request_still_hangs()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        var term = all[0].Term!;
        var never = new TaskCompletionSource<bool>();
        all.Server.Network = (_, _) => never.Task;

        // Nobody settles here: the renewal hangs. Only the clock moves.
        for (var passed = TimeSpan.Zero; passed < Deadline - Candidates.Step; passed += Candidates.Step)
        {
            Assert.True(term.Holds);
            all.Time.Advance(Candidates.Step);
        }

        all.Time.Advance(Candidates.Step);
        Assert.False(term.Holds);
        Assert.True(term.Ended.IsCancellationRequested);
        Assert.False(all[0].IsLeader);
        never.SetResult(false);
        all.Server.Network = (_, _) => Task.FromResult(true);
    }

    [Fact]
    public async Task The_duration_in_the_Lease_counts_not_ones_own()
    {
        await using var all = await Candidates.StartAsync(2);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[0].Clock.Freeze();
        all.Server.Change(lease =>
        {
            lease["spec"]!["leaseDurationSeconds"] = 60;
            return lease;
        });
        all[1].Start();
        var took = await all.UntilAsync(() => all[1].IsLeader, TimeSpan.FromSeconds(63));
        Assert.InRange(took.TotalSeconds, 60, 62.2);
    }

    [Fact]
    public async Task A_leader_creates_a_deleted_Lease_anew_and_goes_on()
    {
        await using var all = await Candidates.StartAsync(2);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[1].Start();
        await all.ForAsync(TimeSpan.FromSeconds(5));
        all.Server.Delete();
        await all.ForAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([0], all.Leaders);
        Assert.Equal((1, 0), (all[0].Terms, all[1].Terms));
        Assert.Equal("pod-0", all.Server.Holder);
        Assert.Empty(all.Violations);
    }

    [Fact]
    public async Task A_deleted_Lease_whose_leader_is_gone_is_taken_when_it_would_have_expired()
    {
        await using var all = await Candidates.StartAsync(2);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[1].Start();
        await all.ForAsync(TimeSpan.FromSeconds(5));
        all[0].Clock.Freeze();
        all.Server.Delete();
        var took = await all.UntilAsync(() => all[1].IsLeader, Duration + Retry + Candidates.Step);
        Assert.True(took > Deadline, $"taken after {took}");
        Assert.Single(all[1].Log.Of(5208));
        Assert.Empty(all.Violations);
    }

    [Fact]
    public async Task A_Lease_that_somebody_took_is_lost_at_the_next_renewal()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all.Server.Change(lease =>
        {
            lease["spec"]!["holderIdentity"] = "kubectl";
            return lease;
        });
        await all.UntilAsync(() => !all[0].IsLeader, Retry + Candidates.Step);
        Assert.Contains("taken by kubectl", Assert.Single(all[0].Log.Of(5202)));
        Assert.Equal("kubectl", all.Server.Holder);
    }

    [Fact]
    public async Task What_others_added_to_the_Lease_stays()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all.Server.Change(lease =>
        {
            lease["metadata"]!["labels"] = new JsonObject { ["team"] = "edge" };
            lease["spec"]!["strategy"] = "OldestEmulationVersion";
            return lease;
        });
        await all.ForAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(1, all[0].Terms);
        Assert.Equal("edge", (string?)all.Server.Lease!["metadata"]!["labels"]!["team"]);
        Assert.Equal("OldestEmulationVersion", (string?)all.Server.Lease["spec"]!["strategy"]);
    }

    [Fact]
    public async Task Two_processes_with_one_identity_do_not_lead_together()
    {
        await using var all = await Candidates.StartAsync(2, _ => "same");
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        all[1].Start();
        await all.ForAsync(TimeSpan.FromSeconds(40));
        Assert.Equal([0], all.Leaders);
        Assert.Equal(0, all[1].Terms);
        Assert.Contains("identity same", all[1].Log.Of(5207)[0]);
        Assert.Empty(all.Violations);
    }

    [Fact]
    public async Task A_renewal_whose_answer_was_lost_is_recognised_as_ones_own()
    {
        await using var all = await Candidates.StartAsync(1);
        all[0].Start();
        await all.UntilAsync(() => all[0].IsLeader, Retry);
        var lost = 0;
        all.Server.Network = (_, answered) => Task.FromResult(!answered || Interlocked.Increment(ref lost) > 1);
        await all.ForAsync(TimeSpan.FromSeconds(30));
        Assert.True(lost > 1);
        Assert.Equal(1, all[0].Terms);
        Assert.True(all[0].IsLeader);
    }

    [Fact]
    public async Task A_missing_right_is_named_and_tried_again()
    {
        await using var all = await Candidates.StartAsync(1);
        all.Server.Refusal = 403;
        all[0].Start();
        await Eventually.True(() => all[0].Log.Of(5205).Length == 1);
        Assert.Contains("the right 'get' on leases.coordination.k8s.io in namespace ops is missing", all[0].Log.Of(5205)[0]);
        all.Server.Refusal = null;
        await all.UntilAsync(() => all[0].IsLeader, TimeSpan.FromSeconds(40));
        Assert.Single(all[0].Log.Of(5205));
    }

    [Fact]
    public async Task Without_election_it_leads_at_once_and_asks_nobody()
    {
        await using var server = await LeaseServer.StartAsync(1);
        using var api = PlainServer.Connect(server.Ports[0], TimeProvider.System);
        var options = new LeaseOptions { Enabled = false, Namespace = "ops", Name = "leader", Identity = "a" };
        var election = new LeaderElection(api, options, TimeProvider.System, new RecordingLogger<LeaderElection>());
        using var stop = new CancellationTokenSource();
        var led = 0;
        await election.RunAsync(
            term =>
            {
                led += term.Holds && election.IsLeader ? 1 : 0;
                stop.Cancel();
                return Task.CompletedTask;
            },
            stop.Token);
        Assert.Equal(1, led);
        Assert.False(election.IsLeader);
        Assert.Null(server.Lease);
    }

    [Theory]
    [InlineData(15, 15, 2, "lease duration")]
    [InlineData(15, 10, 9, "renew deadline")]
    [InlineData(15, 10, 0, "retry period")]
    public void Times_that_would_let_two_lead_are_refused(int duration, int deadline, int retry, string named)
    {
        var options = new LeaseOptions
        {
            Namespace = "ops",
            Name = "leader",
            Identity = "a",
            Duration = TimeSpan.FromSeconds(duration),
            RenewDeadline = TimeSpan.FromSeconds(deadline),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        };
        Assert.Contains(named, options.Fault);
        using var api = PlainServer.Connect(1, TimeProvider.System);
        Assert.Throws<ArgumentException>(() => new LeaderElection(api, options, TimeProvider.System, new RecordingLogger<LeaderElection>()));
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    private static partial Regex SixDigits();
}
