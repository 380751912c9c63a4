using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace WsIngress.Routing;

/// <summary>Canonical JSON of one route and its policies.</summary>
internal static class RouteJson
{
    public static void Write(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject();
        json.WriteString("owner", route.Owner.ToString());
        json.WriteString(KindName(route.Path.Kind), route.Path.Value);
        if (route.HasConditions)
        {
            Conditions(json, route);
        }

        json.WriteStartArray("backends");
        foreach (var backend in route.Backends)
        {
            json.WriteStartObject();
            json.WriteString("key", backend.BackendKey);
            if (backend.Weight != 1)
            {
                json.WriteNumber("weight", backend.Weight);
            }

            if (!ReferenceEquals(backend.Policy, BackendPolicy.Default) && backend.Policy != BackendPolicy.Default)
            {
                json.WritePropertyName("policy");
                Policy(json, backend.Policy);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (!ReferenceEquals(route.Policy, RoutePolicy.Default))
        {
            json.WritePropertyName("policy");
            Policy(json, route.Policy);
        }

        json.WriteEndObject();
    }

    public static void Flag(Utf8JsonWriter json, string name, bool value, bool normal)
    {
        if (value != normal)
        {
            json.WriteBoolean(name, value);
        }
    }

    private static string KindName(PathMatchKind kind) => kind switch
    {
        PathMatchKind.Exact => "exact",
        PathMatchKind.Regex => "regex",
        _ => "prefix",
    };

    private static void Conditions(Utf8JsonWriter json, Route route)
    {
        if (route.Methods.Length > 0)
        {
            json.WriteStartArray("methods");
            foreach (var method in route.Methods)
            {
                json.WriteStringValue(method);
            }

            json.WriteEndArray();
        }

        Values(json, "headers", route.Headers);
        Values(json, "query", route.Query);
    }

    private static void Values(Utf8JsonWriter json, string name, ImmutableArray<ValueMatch> matches)
    {
        if (matches.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var match in matches)
        {
            json.WriteStartObject();
            json.WriteString("name", match.Name);
            json.WriteString(match.IsRegex ? "regex" : "value", match.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Policy(Utf8JsonWriter json, RoutePolicy policy)
    {
        var normal = RoutePolicy.Default;
        json.WriteStartObject();
        Duration(json, "requestTimeout", policy.RequestTimeout, normal.RequestTimeout);
        Duration(json, "connectTimeout", policy.ConnectTimeout, normal.ConnectTimeout);
        if (policy.MaxBodySize != normal.MaxBodySize)
        {
            json.WriteNumber("maxBodySize", policy.MaxBodySize);
        }

        Networks(json, "allowCidrs", policy.AllowCidrs);
        Networks(json, "denyCidrs", policy.DenyCidrs);
        Text(json, "closedBecause", policy.ClosedBecause);
        Flag(json, "sslRedirect", policy.SslRedirect, false);
        Text(json, "rewriteTarget", policy.RewriteTarget);
        Flag(json, "webSocket", policy.WebSocket.Enabled, true);
        Duration(json, "webSocketIdleTimeout", policy.WebSocket.IdleTimeout, normal.WebSocket.IdleTimeout);
        Duration(json, "webSocketHandshakeTimeout", policy.WebSocket.HandshakeTimeout, normal.WebSocket.HandshakeTimeout);
        Duration(json, "webSocketMaxAge", policy.WebSocket.MaxAge, normal.WebSocket.MaxAge);
        Count(json, "maxConnections", policy.WebSocket.MaxConnections);
        Count(json, "maxConnectionsPerClient", policy.WebSocket.MaxConnectionsPerClient);
        Count(json, "maxConnectionsPerKey", policy.WebSocket.MaxConnectionsPerKey);
        if (policy.WebSocket.ConnectionKey != normal.WebSocket.ConnectionKey)
        {
            json.WriteString("connectionKey", Text(policy.WebSocket.ConnectionKey));
        }

        Pace(json, "handshakes", policy.WebSocket.Pace);
        MessagesJson.Write(json, policy.WebSocket.Messages);
        if (policy.WebSocket.OnRouteRemoved != RouteRemoval.Keep)
        {
            json.WriteString("onRouteRemoved", policy.WebSocket.OnRouteRemoved.ToString());
        }

        json.WriteEndObject();
    }

    private static void Policy(Utf8JsonWriter json, BackendPolicy policy)
    {
        json.WriteStartObject();
        if (policy.Protocol != BackendProtocol.Http)
        {
            json.WriteString("protocol", policy.Protocol.ToString());
        }

        if (policy.LoadBalancing != LoadBalancing.PowerOfTwo)
        {
            json.WriteString("loadBalancing", policy.LoadBalancing.ToString());
        }

        if (policy.HashBy != BackendPolicy.Default.HashBy)
        {
            json.WriteString("hashBy", Text(policy.HashBy));
        }

        if (policy.Affinity is { } cookie)
        {
            json.WriteStartObject("affinityCookie");
            json.WriteString("name", cookie.Name);
            json.WriteString("path", cookie.Path);
            Text(json, "domain", cookie.Domain);
            Duration(json, "maxAge", cookie.MaxAge, TimeSpan.Zero);
            Text(json, "sameSite", cookie.SameSite);
            if (cookie.Secure is { } secure)
            {
                json.WriteBoolean("secure", secure);
            }

            json.WriteEndObject();
        }

        Flag(json, "tlsVerify", policy.Tls.Verify, false);
        Text(json, "tlsServerName", policy.Tls.ServerName);
        if (policy.Tls.CaPem is { } ca)
        {
            json.WriteString("tlsCa", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ca))));
        }

        if (policy.Drain.Mode != DrainMode.Spread)
        {
            json.WriteString("drain", policy.Drain.Mode.ToString());
        }

        Duration(json, "drainWindow", policy.Drain.Window, DrainPolicy.Default.Window);
        if (policy.Drain.CloseCode != DrainPolicy.Default.CloseCode)
        {
            json.WriteNumber("drainCloseCode", policy.Drain.CloseCode);
        }

        Count(json, "maxConnectionsPerPod", policy.MaxConnectionsPerPod);
        Pace(json, "handshakesPerPod", policy.Pace);
        Duration(json, "slowStart", policy.SlowStart, TimeSpan.Zero);
        json.WriteEndObject();
    }

    private static string Text(HashKey key) => key.Name.Length == 0 ? key.Source.ToString() : $"{key.Source}:{key.Name}";

    private static void Pace(Utf8JsonWriter json, string name, HandshakePace pace)
    {
        if (!pace.IsOn)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("rate", pace.Rate);
        json.WriteNumber("burst", pace.Capacity);
        json.WriteNumber("queue", pace.Queue);
        json.WriteNumber("queueTimeoutSeconds", pace.QueueTimeout.TotalSeconds);
        json.WriteEndObject();
    }

    private static void Duration(Utf8JsonWriter json, string name, TimeSpan value, TimeSpan normal)
    {
        if (value != normal)
        {
            json.WriteNumber(name + "Seconds", value.TotalSeconds);
        }
    }

    private static void Count(Utf8JsonWriter json, string name, int value)
    {
        if (value > 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Networks(Utf8JsonWriter json, string name, ImmutableArray<IPNetwork> networks)
    {
        if (networks.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var network in networks)
        {
            json.WriteStringValue(network.ToString());
        }

        json.WriteEndArray();
    }
}
