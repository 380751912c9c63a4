using System.Globalization;
using System.Text.Json;
using WsIngress.Proxy.Live;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;

namespace WsIngress.Telemetry;

/// <summary>
/// The access log: one JSON line per plain request, and per WebSocket one line at open and one at close with the same id.
/// Queries, cookies and credentials are never written. A full queue drops lines and counts them: a slow log reader must not
/// slow the traffic down.
/// </summary>
internal sealed class AccessLog(Stream output, TimeProvider time) : IProxyTelemetry, IAsyncDisposable
{
    private readonly AccessLogWriter _writer = new(output);

    /// <summary>Lines that were not written because the reader of the log was too slow.</summary>
    public long Dropped => _writer.Dropped;

    public void HttpCompleted(HttpFacts facts) => Line("http", json =>
    {
        Request(json, facts.Request);
        json.WriteNumber("status", facts.Status);
        json.WriteNumber("durationMs", Milliseconds(facts.Duration));
        Target(json, facts.Request.Route, facts.Service, facts.Pod, facts.PodAddress);
        if (facts.ResponseBytes >= 0)
        {
            json.WriteNumber("responseBytes", facts.ResponseBytes);
        }

        Text(json, "error", facts.Error);
    });

    public void HandshakeCompleted(HandshakeFacts facts)
    {
        if (facts.Refusal == HandshakeRefusal.None)
        {
            return;
        }

        Line("websocket-refused", json =>
        {
            Request(json, facts.Request);
            json.WriteNumber("status", facts.Status);
            json.WriteString("reason", Words.Kebab(facts.Refusal.ToString()));
            Text(json, "detail", facts.Detail);
            json.WriteNumber("tries", facts.Tries);
            json.WriteNumber("durationMs", Milliseconds(facts.Duration));
            Target(json, facts.Request.Route, facts.Service, facts.Pod, facts.PodAddress);
        });
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request) => Line("websocket-open", json =>
    {
        Request(json, request);
        Text(json, "subprotocol", facts.Subprotocol);
        Target(json, facts.Route, facts.Service, facts.Pod, facts.PodAddress);
        json.WriteNumber("tableRevision", facts.Route.Revision);
    });

    public void SocketClosed(SocketFacts facts, RelayReport report) => Line("websocket-close", json =>
    {
        json.WriteString("id", facts.Id);
        Origin(json, facts);
        json.WriteString("route", RouteOf(facts));
        Target(json, facts.Route, facts.Service, facts.Pod, facts.PodAddress);
        json.WriteString("outcome", RelayOutcomes.Word(report.Outcome));
        json.WriteString("side", Words.Of(report.Side));
        Text(json, "detail", report.Detail);
        Close(json, "closeFromClient", report.CloseFromClient);
        Close(json, "closeToClient", report.CloseToClient);
        Close(json, "closeFromBackend", report.CloseFromBackend);
        Close(json, "closeToBackend", report.CloseToBackend);
        json.WriteNumber("ageSeconds", Math.Round(report.Age.TotalSeconds, 3));
        json.WriteNumber("messagesFromClient", report.FromClient.Messages);
        json.WriteNumber("messagesFromBackend", report.FromBackend.Messages);
        json.WriteNumber("bytesFromClient", report.FromClient.WireBytes);
        json.WriteNumber("bytesFromBackend", report.FromBackend.WireBytes);
        json.WriteNumber("tableRevision", facts.Route.Revision);
    });

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    internal static void Close(Utf8JsonWriter json, string name, CloseStatus? status)
    {
        if (status is null)
        {
            return;
        }

        json.WriteStartObject(name);
        if (status.Code is { } code)
        {
            json.WriteNumber("code", code);
        }

        json.WriteString("reason", status.Reason);
        json.WriteEndObject();
    }

    internal static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Who opened a socket, and at which host and path.</summary>
    internal static void Origin(Utf8JsonWriter json, SocketFacts socket)
    {
        json.WriteString("requestId", socket.RequestId);
        json.WriteString("client", socket.Client.ToString());
        json.WriteString("host", socket.Host);
        json.WriteString("path", socket.Path);
    }

    /// <summary>Kind and path of the rule that took it: <c>prefix /chat</c>.</summary>
    internal static string RouteOf(SocketFacts socket) => $"{Words.Kebab(socket.Route.Route.Path.Kind.ToString())} {socket.Route.Route.Path.Value}";

    private static void Request(Utf8JsonWriter json, RequestFacts request)
    {
        json.WriteString("id", request.Id);
        json.WriteString("requestId", request.RequestId);
        json.WriteString("client", request.Client.ToString());
        json.WriteString("method", request.Method);
        json.WriteString("scheme", request.Scheme);
        json.WriteString("host", request.Host);
        json.WriteString("path", request.Path);
        json.WriteString("protocol", request.Protocol);
        Text(json, "userAgent", request.UserAgent);
    }

    private static void Target(Utf8JsonWriter json, RouteState? route, string? service, string? pod, string? address)
    {
        if (route is not null)
        {
            json.WriteString("namespace", route.Route.Owner.Namespace);
            json.WriteString("ingress", route.Route.Owner.Name);
        }

        Text(json, "service", service);
        Text(json, "pod", pod);
        Text(json, "podAddress", address);
    }

    private static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);

    private void Line(string kind, Action<Utf8JsonWriter> write) => _writer.Write(json =>
    {
        json.WriteStartObject();
        Span<char> now = stackalloc char[24];
        time.GetUtcNow().TryFormat(now, out var length, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        json.WriteString("time", now[..length]);
        json.WriteString("event", kind);
        write(json);
        json.WriteEndObject();
    });
}
