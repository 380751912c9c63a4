using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>Every ending this relay can cause: the outcome, the guilty side, and what each side is told.</summary>
public abstract class RelayEndingsTests : RelaySuite
{
    private protected RelayEndingsTests(RelayDriver driver)
        : base(driver)
    {
    }

    public static TheoryData<string, RelayOutcome, RelaySide, string?, string?> Endings => new()
    {
        // induced by              outcome                      guilty             the client is told                 the backend is told
        { "client closes", RelayOutcome.ClientClosed, RelaySide.Client, "4000 bye", "4000 bye" },
        { "backend closes", RelayOutcome.BackendClosed, RelaySide.Backend, "4999 enough", "4999 enough" },
        { "client closes, backend ends without answer", RelayOutcome.ClientClosed, RelaySide.Client, "4000 bye", "4000 bye" },
        { "backend closes, client ends without answer", RelayOutcome.BackendClosed, RelaySide.Backend, "4999 enough", "4999 enough" },
        { "client ends", RelayOutcome.ClientLost, RelaySide.Client, "1001 client-lost", "1001 client-lost" },
        { "client is reset", RelayOutcome.ClientLost, RelaySide.Client, null, "1001 client-lost" },
        { "backend ends", RelayOutcome.BackendLost, RelaySide.Backend, "1011 backend-lost", "1011 backend-lost" },
        { "backend is reset", RelayOutcome.BackendLost, RelaySide.Backend, "1011 backend-lost", null },
        { "idle", RelayOutcome.IdleTimeout, RelaySide.Proxy, "1001 idle-timeout", "1001 idle-timeout" },
        { "age", RelayOutcome.MaxAge, RelaySide.Proxy, "1001 max-age", "1001 max-age" },
        { "proxy stops", RelayOutcome.ProxyShutdown, RelaySide.Proxy, "1001 proxy-shutdown", "1001 proxy-shutdown" },
        { "operator", RelayOutcome.Operator, RelaySide.Proxy, "4100 operator: moved", "1001 operator: moved" },
        { "route removed", RelayOutcome.RouteRemoved, RelaySide.Proxy, "1001 route-removed", "1001 route-removed" },
        { "rebalance", RelayOutcome.Rebalance, RelaySide.Proxy, "1012 rebalance", "1001 rebalance" },
        { "pod removed", RelayOutcome.PodRemoved, RelaySide.Backend, "1012 pod-removed", "1001 pod-removed" },
        { "pod terminating", RelayOutcome.PodTerminating, RelaySide.Backend, "1012 pod-terminating", "1001 pod-terminating" },
        { "token expired", RelayOutcome.TokenExpired, RelaySide.Client, "1008 token-expired", "1001 token-expired" },
        { "client breaks", RelayOutcome.ProtocolError, RelaySide.Client, "1002 protocol-error: frame of a client without mask", "1001 protocol-error: frame of a client without mask" },
        { "backend breaks", RelayOutcome.ProtocolError, RelaySide.Backend, "1011 protocol-error: frame of a server with mask", "1002 protocol-error: frame of a server with mask" },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task Each_ending_names_its_cause_its_side_and_its_codes(
        string inducedBy, RelayOutcome outcome, RelaySide side, string? clientIsTold, string? backendIsTold)
    {
        var options = new RelayOptions { IdleTimeout = TimeSpan.FromSeconds(30), MaxAge = TimeSpan.FromHours(1) };
        RelayHarness relay = Harness(options).Start();
        await relay.ExchangeAsync();
        (bool clientClosed, bool backendClosed) = await InduceAsync(relay, inducedBy);
        Task peers = Task.WhenAll(
            clientClosed ? relay.Client.ReadToEndAsync() : relay.Client.FinishAsync(),
            backendClosed ? relay.Backend.ReadToEndAsync() : relay.Backend.FinishAsync());
        RelayReport report = await relay.EndedAsync();
        await RelayHarness.Guard(peers);

        Assert.Equal(outcome, report.Outcome);
        Assert.Equal(side, report.Side);
        Assert.Equal(clientIsTold, report.CloseToClient?.ToString());
        Assert.Equal(backendIsTold, report.CloseToBackend?.ToString());
        AssertTold(relay.Client, clientIsTold, masked: false);
        AssertTold(relay.Backend, backendIsTold, masked: true);
        await relay.AssertBuffersReturnedAsync();
        await RelayHarness.Until(() => relay.BothClosed);
    }

    [Fact]
    public void The_table_induces_every_outcome_that_is_not_of_a_message_limit_or_a_ping()
    {
        RelayOutcome[] later = [RelayOutcome.PingTimeout, RelayOutcome.MessageTooBig, RelayOutcome.MessageRate, RelayOutcome.SlowConsumer, RelayOutcome.Revoked];
        RelayOutcome[] induced = [.. Endings.Select(row => row.Data.Item2).Distinct()];

        Assert.Empty(RelayOutcomes.All.Except(later).Except(induced));
    }

    private static async Task<(bool ClientClosed, bool BackendClosed)> InduceAsync(RelayHarness relay, string how)
    {
        switch (how)
        {
            case "client closes":
                await relay.Client.SendCloseAsync(4000, "bye");
                return (true, false);
            case "backend closes":
                await relay.Backend.SendCloseAsync(4999, "enough");
                relay.Backend.Out.Complete();
                return (false, true);
            case "client closes, backend ends without answer":
                await relay.Client.SendCloseAsync(4000, "bye");
                Assert.True((await RelayHarness.Guard(relay.Backend.ReadFrameAsync()))!.IsClose);
                relay.Backend.Out.Complete();
                return (true, true);
            case "backend closes, client ends without answer":
                await relay.Backend.SendCloseAsync(4999, "enough");
                Assert.True((await RelayHarness.Guard(relay.Client.ReadFrameAsync()))!.IsClose);
                relay.Client.Out.Complete();
                relay.Backend.Out.Complete();
                return (true, true);
            case "client ends":
                relay.Client.Out.Complete();
                return (true, false);
            case "backend ends":
                relay.Backend.Out.Complete();
                return (false, true);
            case "client is reset":
                relay.Client.Out.Break();
                relay.Client.In.Break();
                return (true, false);
            case "backend is reset":
                relay.Backend.Out.Break();
                relay.Backend.In.Break();
                return (false, true);
            case "client breaks":
                await relay.Client.SendAsync(FrameBytes.Text("x", masked: false));
                break;
            case "backend breaks":
                await relay.Backend.SendAsync(FrameBytes.Text("x", masked: true));
                break;
            default:
                InduceByPolicy(relay, how);
                break;
        }

        return (false, false);
    }

    private static void InduceByPolicy(RelayHarness relay, string how)
    {
        switch (how)
        {
            case "idle":
                Sweep(relay, TimeSpan.Zero);
                Sweep(relay, TimeSpan.FromSeconds(30));
                return;
            case "age":
                Sweep(relay, TimeSpan.FromHours(1));
                return;
            case "operator":
                Assert.True(relay.Session.RequestEnd(RelayOutcome.Operator, 4100, "moved"));
                return;
        }

        RelayOutcome outcome = how switch
        {
            "proxy stops" => RelayOutcome.ProxyShutdown,
            "route removed" => RelayOutcome.RouteRemoved,
            "rebalance" => RelayOutcome.Rebalance,
            "pod removed" => RelayOutcome.PodRemoved,
            "pod terminating" => RelayOutcome.PodTerminating,
            "token expired" => RelayOutcome.TokenExpired,
            _ => throw new ArgumentOutOfRangeException(nameof(how), how, "unknown"),
        };
        Assert.True(relay.Session.RequestEnd(outcome));
    }

    private static void Sweep(RelayHarness relay, TimeSpan after)
    {
        relay.Time.Advance(after);
        relay.Session.Check(relay.Time.GetTimestamp());
    }

    private static void AssertTold(TestPeer peer, string? told, bool masked)
    {
        ParsedFrame[] closes = [.. peer.Frames.Where(f => f.IsClose)];
        if (told is null)
        {
            Assert.Empty(closes);
            return;
        }

        ParsedFrame close = Assert.Single(closes);
        Assert.Same(close, peer.Frames.Count == 0 ? null : closes[^1]);
        Assert.Equal(told, $"{close.CloseCode} {close.CloseReason}");
        Assert.Equal(masked, close.Masked);
        Assert.True(peer.SawEnd);
    }

    public sealed class OnStreams() : RelayEndingsTests(RelayDriver.Streams);

    public sealed class OnStreamsWithTls() : RelayEndingsTests(RelayDriver.StreamsTls);

    public sealed class OnSockets() : RelayEndingsTests(RelayDriver.Sockets);

    public sealed class OnSocketsWithTls() : RelayEndingsTests(RelayDriver.SocketsTls);
}
