using Microsoft.Extensions.Time.Testing;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

public sealed class RelaySessionTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(RelayOutcome.ClientClosed)]
    [InlineData(RelayOutcome.BackendClosed)]
    [InlineData(RelayOutcome.ClientLost)]
    [InlineData(RelayOutcome.BackendLost)]
    [InlineData((RelayOutcome)99)]
    public void Nobody_can_ask_for_an_ending_that_only_the_relay_observes(RelayOutcome outcome)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Session().RequestEnd(outcome));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(2999)]
    [InlineData(5000)]
    public void A_code_that_no_Close_may_carry_is_refused(int code)
    {
        RelaySession session = Session();

        Assert.Throws<ArgumentOutOfRangeException>(() => session.RequestEnd(RelayOutcome.Operator, (ushort)code));
        Assert.Null(session.Outcome);
    }

    [Fact]
    public void The_first_request_wins()
    {
        RelaySession session = Session();

        Assert.True(session.RequestEnd(RelayOutcome.Rebalance));
        Assert.False(session.RequestEnd(RelayOutcome.Operator));
        Assert.Equal(RelayOutcome.Rebalance, session.Outcome);
    }

    [Fact]
    public void A_reason_begins_with_the_outcome_and_fits_into_a_Close()
    {
        RelayEnding ending = RelayEnding.Create(RelayOutcome.Operator, RelaySide.Proxy, words: new string('ü', 200));

        Assert.Equal("operator: " + new string('ü', 56), ending.Reason);
        Assert.Equal(ending.Reason, ending.CloseTo(RelaySide.Client).Reason);
    }

    [Theory]
    [InlineData(-1, 0, 5, 16384, "IdleTimeout")]
    [InlineData(0, -1, 5, 16384, "MaxAge")]
    [InlineData(0, 0, -1, 16384, "CloseTimeout")]
    [InlineData(0, 0, 5, 1023, "BufferSize")]
    [InlineData(0, 0, 5, 65537, "BufferSize")]
    public void An_option_out_of_range_is_named(int idle, int age, int close, int buffer, string name)
    {
        var options = new RelayOptions
        {
            IdleTimeout = TimeSpan.FromSeconds(idle),
            MaxAge = TimeSpan.FromSeconds(age),
            CloseTimeout = TimeSpan.FromSeconds(close),
            BufferSize = buffer,
        };

        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new RelaySession("s", options, _time)).ParamName);
    }

    [Fact]
    public void Max_age_ends_a_busy_socket_at_its_age_and_no_limit_means_never()
    {
        RelaySession limited = Session(new RelayOptions { MaxAge = TimeSpan.FromMinutes(1) });
        RelaySession free = Session();
        _time.Advance(TimeSpan.FromSeconds(59));
        limited.Check(_time.GetTimestamp());
        Assert.Null(limited.Outcome);
        _time.Advance(TimeSpan.FromSeconds(1));
        limited.Check(_time.GetTimestamp());
        Assert.Equal(RelayOutcome.MaxAge, limited.Outcome);
        _time.Advance(TimeSpan.FromDays(400));
        free.Check(_time.GetTimestamp());
        Assert.Null(free.Outcome);
        Assert.Equal(TimeSpan.FromDays(400) + TimeSpan.FromMinutes(1), free.Age);
    }

    [Fact]
    public void The_sweeper_checks_every_session_once_a_second_until_it_is_disposed()
    {
        var registry = new RelayRegistry();
        RelaySession[] sessions = [.. Enumerable.Range(0, 50).Select(i => Session(new RelayOptions { MaxAge = TimeSpan.FromSeconds(i < 25 ? 2 : 5) }, $"s{i}"))];
        Assert.All(sessions, s => Assert.True(registry.Add(s)));
        var sweeper = new RelaySweeper(registry, _time);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, sessions.Count(s => s.Outcome is not null));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(25, sessions.Count(s => s.Outcome == RelayOutcome.MaxAge));
        sweeper.Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(25, sessions.Count(s => s.Outcome is not null));
    }

    [Fact]
    public void The_registry_finds_counts_and_forgets()
    {
        var registry = new RelayRegistry();
        RelaySession one = Session(id: "one");
        RelaySession namesake = Session(id: "one");
        Assert.True(registry.Add(one));
        Assert.False(registry.Add(namesake));
        Assert.True(registry.Add(Session(id: "two")));
        Assert.Equal(2, registry.Count);
        Assert.True(registry.TryFind("one", out RelaySession? found));
        Assert.Same(one, found);
        Assert.Equal(["one", "two"], registry.Select(s => s.Id).Order());

        Assert.False(registry.Remove(namesake));
        Assert.True(registry.Remove(one));
        Assert.False(registry.Remove(one));
        Assert.Equal(1, registry.Count);
        Assert.False(registry.TryFind("one", out _));
    }

    [Fact]
    public async Task A_session_is_relayed_once()
    {
        await using RelayHarness relay = new RelayHarness(RelayDriver.Streams).Start();

        await Assert.ThrowsAsync<InvalidOperationException>(() => StreamRelay.RunAsync(
            relay.Session, new LaneStream(new Lane(), new Lane()), new LaneStream(new Lane(), new Lane()), default, default, default));
    }

    private RelaySession Session(RelayOptions? options = null, string id = "s")
    {
        return new RelaySession(id, options ?? RelayOptions.Default, _time);
    }
}
