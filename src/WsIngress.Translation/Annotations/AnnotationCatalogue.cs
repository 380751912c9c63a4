using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using WsIngress.Routing;

namespace WsIngress.Translation.Annotations;

/// <summary>Every annotation that this version knows: the single source for parsing, validation and the reference.</summary>
public static class AnnotationCatalogue
{
    public const string Prefix = "wsingress.io/";

    private const AnnotationTargets Pods = AnnotationTargets.Ingress | AnnotationTargets.Service;
    private const string OnOff = "`on`, `off`";
    private const string AnyCount = "a number from `1` to `1000000000`, or `0` for no limit";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    internal static readonly Annotation<LoadBalancing> LoadBalancing = new("load-balancing", WordText.OneOf(
        ("power-of-two", Routing.LoadBalancing.PowerOfTwo),
        ("least-connections", Routing.LoadBalancing.LeastConnections),
        ("round-robin", Routing.LoadBalancing.RoundRobin),
        ("random", Routing.LoadBalancing.Random),
        ("consistent-hash", Routing.LoadBalancing.ConsistentHash)))
    {
        Group = AnnotationGroup.Balancing,
        Targets = Pods,
        Allowed = "`power-of-two`, `least-connections`, `round-robin`, `random`, `consistent-hash`",
        Default = "power-of-two",
        Summary = "How the pod of a new request or socket is chosen; open sockets and requests in flight count as load.",
    };

    internal static readonly Annotation<HashKey> HashBy = new("hash-by", WordText.HashKey)
    {
        Group = AnnotationGroup.Balancing,
        Targets = Pods,
        Allowed = "`client-ip`, `path`, `header:NAME`, `cookie:NAME`, `query:NAME`",
        Default = "client-ip",
        Summary = "The key of `load-balancing: consistent-hash`; equal keys go to the same pod.",
    };

    internal static readonly Annotation<bool> Affinity = new("affinity", WordText.OneOf(("cookie", true), ("none", false)))
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "`cookie`, `none`",
        Default = "none",
        Summary = "Ties a client to its pod with a cookie; it comes before `load-balancing`.",
    };

    internal static readonly Annotation<string> AffinityCookieName = new("affinity-cookie-name", WordText.CookieName)
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "a cookie name (RFC 6265 token) of at most 128 characters",
        Default = new AffinityCookie().Name,
        Summary = "Name of the affinity cookie.",
    };

    internal static readonly Annotation<string> AffinityCookiePath = new("affinity-cookie-path", WordText.CookiePath)
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "an absolute path of at most 1024 characters",
        Default = new AffinityCookie().Path,
        Summary = "`Path` of the affinity cookie.",
    };

    internal static readonly Annotation<string> AffinityCookieDomain = new("affinity-cookie-domain", WordText.CookieDomain)
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "a DNS name",
        Default = "none",
        Summary = "`Domain` of the affinity cookie; without it the cookie goes to the exact host only.",
    };

    internal static readonly Annotation<TimeSpan> AffinityCookieMaxAge = new("affinity-cookie-max-age", DurationText.Between(TimeSpan.FromSeconds(1), DurationText.Longest, zero: true))
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "a duration from `1s` to `8760h`, or `0` for a session cookie",
        Default = "0",
        Summary = "`Max-Age` of the affinity cookie.",
    };

    internal static readonly Annotation<string> AffinityCookieSameSite = new("affinity-cookie-samesite", WordText.SameSite)
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = "`None`, `Lax`, `Strict`",
        Default = "left out",
        Summary = "`SameSite` of the affinity cookie.",
    };

    internal static readonly Annotation<bool> AffinityCookieSecure = new("affinity-cookie-secure", WordText.Switch)
    {
        Group = AnnotationGroup.Affinity,
        Targets = Pods,
        Allowed = OnOff,
        Default = "on for https, off for http",
        Summary = "`Secure` of the affinity cookie.",
    };

    internal static readonly Annotation<BackendProtocol> BackendProtocol = new("backend-protocol", WordText.OneOf(
        ("http", Routing.BackendProtocol.Http),
        ("https", Routing.BackendProtocol.Https),
        ("h2c", Routing.BackendProtocol.H2c),
        ("grpc", Routing.BackendProtocol.Grpc)))
    {
        Group = AnnotationGroup.Backend,
        Targets = Pods,
        Allowed = "`http`, `https`, `h2c`, `grpc`",
        Default = "http",
        Summary = "What is spoken to the pods: HTTP/1.1 and ws, the same over TLS, or cleartext HTTP/2 with prior knowledge (which has no WebSockets here).",
    };

    internal static readonly Annotation<bool> BackendTlsVerify = new("backend-tls-verify", WordText.Switch)
    {
        Group = AnnotationGroup.Backend,
        Targets = Pods,
        Allowed = OnOff,
        Default = "off",
        Summary = "Verifies the certificate of pods that speak https.",
        GuardsAccess = true,
    };

    internal static readonly Annotation<string> BackendTlsServerName = new("backend-tls-server-name", WordText.DnsName)
    {
        Group = AnnotationGroup.Backend,
        Targets = Pods,
        Allowed = "a DNS name",
        Default = "the host of the request",
        Summary = "SNI toward the pods, and the name that their certificate must carry.",
        GuardsAccess = true,
    };

    internal static readonly Annotation<string> BackendTlsCaSecret = new("backend-tls-ca-secret", WordText.ObjectName)
    {
        Group = AnnotationGroup.Backend,
        Targets = Pods,
        Allowed = "the name of a Secret of the same namespace with the key `ca.crt`",
        Default = "the authorities of the system",
        Summary = "The authorities to trust when `backend-tls-verify` is on.",
        GuardsAccess = true,
    };

    internal static readonly Annotation<TimeSpan> ConnectTimeout = new("connect-timeout", DurationText.Between(Tick, TimeSpan.FromMinutes(10), zero: false))
    {
        Group = AnnotationGroup.Backend,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1ms` to `10m`",
        Default = DurationText.Format(RoutePolicy.Default.ConnectTimeout),
        Summary = "Longest wait for a connection to one pod, before the next pod is tried.",
    };

    internal static readonly Annotation<string> RewriteTarget = new("rewrite-target", WordText.RewriteTarget)
    {
        Group = AnnotationGroup.Requests,
        Targets = AnnotationTargets.Ingress,
        Allowed = "an absolute path of at most 1024 characters; `$1` to `$9` stand for the captures of a regex path",
        Default = "none",
        Summary = "The path that the pod sees instead of the request's. A value with captures implies `use-regex`; the same value as the rule's path rewrites nothing.",
    };

    internal static readonly Annotation<bool> UseRegex = new("use-regex", WordText.Switch)
    {
        Group = AnnotationGroup.Requests,
        Targets = AnnotationTargets.Ingress,
        Allowed = OnOff,
        Default = "off",
        Summary = "Reads the paths of type `ImplementationSpecific` as regexes, anchored at the start; `Exact` and `Prefix` stay literal.",
    };

    internal static readonly Annotation<bool> SslRedirect = new("ssl-redirect", WordText.Switch)
    {
        Group = AnnotationGroup.Requests,
        Targets = AnnotationTargets.Ingress,
        Allowed = OnOff,
        Default = "off",
        Summary = "Redirects http to https with 308.",
    };

    internal static readonly Annotation<TimeSpan> RequestTimeout = new("request-timeout", DurationText.Between(Tick, DurationText.Longest, zero: true))
    {
        Group = AnnotationGroup.Requests,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1ms` to `8760h`, or `0` for none",
        Default = DurationText.Format(RoutePolicy.Default.RequestTimeout),
        Summary = "Longest silence of a plain HTTP exchange before 504; it never applies to an open WebSocket.",
    };

    internal static readonly Annotation<long> MaxBodySize = new("max-body-size", SizeText.TryParse)
    {
        Group = AnnotationGroup.Requests,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a size such as `65536`, `64Ki`, `1Mi`, `2Gi` up to `1024Gi`, or `0` for no limit",
        Default = SizeText.Format(RoutePolicy.Default.MaxBodySize),
        Summary = "Largest request body before 413.",
    };

    internal static readonly Annotation<ImmutableArray<IPNetwork>> AllowCidrs = new("allow-cidrs", CidrListText.TryParse)
    {
        Group = AnnotationGroup.Access,
        Targets = AnnotationTargets.Ingress,
        Allowed = "up to 1000 networks or addresses, IPv4 or IPv6, joined by commas; host bits are cut off",
        Default = "all",
        Summary = "The clients that are let in; others get 403.",
        GuardsAccess = true,
    };

    internal static readonly Annotation<ImmutableArray<IPNetwork>> DenyCidrs = new("deny-cidrs", CidrListText.TryParse)
    {
        Group = AnnotationGroup.Access,
        Targets = AnnotationTargets.Ingress,
        Allowed = "up to 1000 networks or addresses, IPv4 or IPv6, joined by commas; host bits are cut off",
        Default = "none",
        Summary = "The clients that are kept out with 403; it comes before `allow-cidrs`.",
        GuardsAccess = true,
    };

    internal static readonly Annotation<bool> WebSocket = new("websocket", WordText.Switch)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = OnOff,
        Default = "on",
        Summary = "`off` answers an upgrade with 403.",
    };

    internal static readonly Annotation<TimeSpan> WebSocketIdleTimeout = new("websocket-idle-timeout", DurationText.Between(Tick, DurationText.Longest, zero: true))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1ms` to `8760h`, or `0` for none",
        Default = DurationText.Format(WebSocketPolicy.Default.IdleTimeout),
        Summary = "Longest time without any frame in either direction; the socket then ends with `idle-timeout`.",
    };

    internal static readonly Annotation<TimeSpan> WebSocketHandshakeTimeout = new("websocket-handshake-timeout", DurationText.Between(Tick, TimeSpan.FromMinutes(10), zero: false))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1ms` to `10m`",
        Default = DurationText.Format(WebSocketPolicy.Default.HandshakeTimeout),
        Summary = "Longest time from the client's request to the pod's answer, all connection tries included.",
    };

    internal static readonly Annotation<TimeSpan> WebSocketMaxAge = new("websocket-max-age", DurationText.Between(Tick, DurationText.Longest, zero: true))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "a duration from `1ms` to `8760h`, or `0` for none",
        Default = "0",
        Summary = "Longest life of one socket; it then ends with `max-age`.",
    };

    internal static readonly Annotation<int> MaxConnections = new("max-connections", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = AnyCount,
        Default = "0",
        Summary = "Most open sockets of the Ingress on each replica; one more gets 503 with `Retry-After`.",
    };

    internal static readonly Annotation<int> MaxConnectionsPerClient = new("max-connections-per-client", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = AnyCount,
        Default = "0",
        Summary = "Most open sockets of one client of the Ingress on each replica: of an IPv4 address, or of the /64 of an IPv6 address.",
    };

    internal static readonly Annotation<int> MaxConnectionsPerPod = new("max-connections-per-pod", WordText.Count)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = AnyCount,
        Default = "0",
        Summary = "Most open sockets of one pod from each replica; a full pod is passed over, and when all are full the answer is 503 with `Retry-After`.",
    };

    internal static readonly Annotation<DrainMode> Drain = new("drain", WordText.OneOf(
        ("spread", DrainMode.Spread),
        ("wait", DrainMode.Wait),
        ("immediate", DrainMode.Immediate)))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "`spread`, `wait`, `immediate`",
        Default = "spread",
        Summary = "What becomes of the open sockets of a pod that goes: they end evenly over `drain-window`, when the pod ends them, or at once.",
    };

    internal static readonly Annotation<TimeSpan> DrainWindow = new("drain-window", DurationText.Between(Tick, TimeSpan.FromHours(24), zero: false))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "a duration from `1ms` to `24h`",
        Default = DurationText.Format(DrainPolicy.Default.Window),
        Summary = "The time over which the sockets of a pod end, or less if the pod's grace period leaves less.",
    };

    internal static readonly Annotation<ushort> DrainCloseCode = new("drain-close-code", WordText.CloseCode)
    {
        Group = AnnotationGroup.WebSocket,
        Targets = Pods,
        Allowed = "a Close code that an endpoint may send: `1000` to `1003`, `1007` to `1014`, `3000` to `4999`",
        Default = "1012",
        Summary = "The Close code that clients get when their pod goes.",
    };

    internal static readonly Annotation<RouteRemoval> OnRouteRemoved = new("on-route-removed", WordText.OneOf(
        ("keep", RouteRemoval.Keep),
        ("drain", RouteRemoval.Drain),
        ("close", RouteRemoval.Close)))
    {
        Group = AnnotationGroup.WebSocket,
        Targets = AnnotationTargets.Ingress,
        Allowed = "`keep`, `drain`, `close`",
        Default = "keep",
        Summary = "What becomes of open sockets when no route has served their host and path for a while (10 to 20 s): they live on, end evenly over `drain-window`, or end at once.",
    };

    /// <summary>In the order of the reference.</summary>
    public static ImmutableArray<Annotation> All { get; } = Number(
        LoadBalancing, HashBy, AdmissionAnnotations.SlowStart,
        Affinity, AffinityCookieName, AffinityCookiePath, AffinityCookieDomain, AffinityCookieMaxAge, AffinityCookieSameSite, AffinityCookieSecure,
        BackendProtocol, BackendTlsVerify, BackendTlsServerName, BackendTlsCaSecret, ConnectTimeout,
        RewriteTarget, UseRegex, SslRedirect, RequestTimeout, MaxBodySize,
        AllowCidrs, DenyCidrs,
        WebSocket, WebSocketIdleTimeout, WebSocketHandshakeTimeout, WebSocketMaxAge, MaxConnections, MaxConnectionsPerClient, MaxConnectionsPerPod,
        AdmissionAnnotations.MaxConnectionsPerKey, AdmissionAnnotations.ConnectionKey,
        AdmissionAnnotations.HandshakeRate, AdmissionAnnotations.HandshakeRatePerPod, AdmissionAnnotations.HandshakeBurst, AdmissionAnnotations.HandshakeQueue, AdmissionAnnotations.HandshakeQueueTimeout,
        MessageAnnotations.PingInterval, MessageAnnotations.PingTimeout, MessageAnnotations.PingTo, MessageAnnotations.MaxSize, MessageAnnotations.MaxSizeFromPod,
        MessageAnnotations.Rate, MessageAnnotations.Burst, MessageAnnotations.ByteRate, MessageAnnotations.RateExceeded, MessageAnnotations.StallTimeout,
        Drain, DrainWindow, DrainCloseCode, OnRouteRemoved);

    /// <summary>By full name.</summary>
    public static FrozenDictionary<string, Annotation> ByName { get; } = All.ToFrozenDictionary(a => a.Name, StringComparer.Ordinal);

    /// <summary>Under our prefix or another controller's: the translation has something to say about it, if only that it is not read.</summary>
    public static bool IsOfInterest(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) || ForeignAnnotations.IsForeign(name);

    private static ImmutableArray<Annotation> Number(params Annotation[] all)
    {
        for (var i = 0; i < all.Length; i++)
        {
            all[i].Index = i;
        }

        return [.. all];
    }
}
