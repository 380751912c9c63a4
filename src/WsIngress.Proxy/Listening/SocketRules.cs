using WsIngress.Relay;
using WsIngress.Routing;

namespace WsIngress.Proxy.Listening;

/// <summary>A route's policy in the words of the relay.</summary>
internal static class SocketRules
{
    /// <param name="policy">Of the route.</param>
    /// <param name="measured">Hears of each Ping that was answered.</param>
    public static RelayOptions Of(WebSocketPolicy policy, Action<RelaySession, RelaySide, TimeSpan> measured)
    {
        var messages = policy.Messages;
        var pings = messages.PingInterval > TimeSpan.Zero ? new KeepAliveRules(messages.PingInterval, messages.PingTimeout) : null;
        return new()
        {
            IdleTimeout = policy.IdleTimeout,
            MaxAge = policy.MaxAge,
            ClientPings = messages.PingTo != PingTarget.Pod ? pings : null,
            BackendPings = messages.PingTo != PingTarget.Client ? pings : null,
            RoundTripMeasured = pings is null ? null : measured,
            FromClient = messages is { MaxSize: > 0 } or { Rate: > 0 } or { ByteRate: > 0 } ? FromClient(messages) : null,
            FromBackend = messages.MaxSizeFromPod > 0 ? new() { MaxSize = messages.MaxSizeFromPod } : null,
            StallTimeout = messages.StallTimeout,
        };
    }

    private static MessageRules FromClient(MessagePolicy messages) => new()
    {
        MaxSize = messages.MaxSize,
        Rate = messages.Rate,
        Burst = messages.Burst > 0 ? messages.Burst : Math.Max(1, messages.Rate),
        ByteRate = messages.ByteRate,
        Exceeded = messages.RateExceeded == RateExceeded.Close ? RateAction.Close : RateAction.Delay,
    };
}
