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
        json.WriteNumber(LogNames.Status, facts.Status);
        json.WriteNumber(LogNames.DurationMs, Milliseconds(facts.Duration));
        Target(json, facts.Request.Route, facts.Service, facts.Pod, facts.PodAddress);
        if (facts.ResponseBytes >= 0)
        {
            json.WriteNumber(LogNames.ResponseBytes, facts.ResponseBytes);
        }

        Text(json, LogNames.Error, facts.Error);
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
            json.WriteNumber(LogNames.Status, facts.Status);
            json.WriteString(LogNames.Reason, Words.Kebab(facts.Refusal.ToString()));
            Text(json, LogNames.Detail, facts.Detail);
            json.WriteNumber(LogNames.Tries, facts.Tries);
            json.WriteNumber(LogNames.DurationMs, Milliseconds(facts.Duration));
            Target(json, facts.Request.Route, facts.Service, facts.Pod, facts.PodAddress);
        });
    }

    public void SocketOpened(SocketFacts facts, RequestFacts request) => Line("websocket-open", json =>
    {
        Request(json, request);
        Text(json, LogNames.Subprotocol, facts.Subprotocol);
        Target(json, facts.Route, facts.Service, facts.Pod, facts.PodAddress);
        json.WriteNumber(LogNames.TableRevision, facts.Route.Revision);
    });

    public void SocketClosed(SocketFacts facts, RelayReport report) => Line("websocket-close", json =>
    {
        json.WriteString(LogNames.Id, facts.Id);
        Origin(json, facts);
        json.WriteString(LogNames.Route, RouteOf(facts));
        Target(json, facts.Route, facts.Service, facts.Pod, facts.PodAddress);
        json.WriteString(LogNames.Outcome, RelayOutcomes.Word(report.Outcome));
        json.WriteString(LogNames.Side, Words.Of(report.Side));
        Text(json, LogNames.Detail, report.Detail);
        Close(json, LogNames.CloseFromClient, report.CloseFromClient);
        Close(json, LogNames.CloseToClient, report.CloseToClient);
        Close(json, LogNames.CloseFromBackend, report.CloseFromBackend);
        Close(json, LogNames.CloseToBackend, report.CloseToBackend);
        json.WriteNumber(LogNames.AgeSeconds, Math.Round(report.Age.TotalSeconds, 3));
        json.WriteNumber(LogNames.MessagesFromClient, report.FromClient.Messages);
        json.WriteNumber(LogNames.MessagesFromBackend, report.FromBackend.Messages);
        json.WriteNumber(LogNames.BytesFromClient, report.FromClient.WireBytes);
        json.WriteNumber(LogNames.BytesFromBackend, report.FromBackend.WireBytes);
        json.WriteNumber(LogNames.TableRevision, facts.Route.Revision);
    });

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    internal static void Close(Utf8JsonWriter json, JsonEncodedText name, CloseStatus? status)
    {
        if (status is null)
        {
            return;
        }

        json.WriteStartObject(name);
        if (status.Code is { } code)
        {
            json.WriteNumber(LogNames.Code, code);
        }

        json.WriteString(LogNames.Reason, status.Reason);
        json.WriteEndObject();
    }

    internal static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    private static void Text(Utf8JsonWriter json, JsonEncodedText name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Who opened a socket, and at which host and path.</summary>
    internal static void Origin(Utf8JsonWriter json, SocketFacts socket)
    {
        json.WriteString(LogNames.RequestId, socket.RequestId);
        json.WriteString(LogNames.Client, socket.Client.ToString());
        json.WriteString(LogNames.Host, socket.Host);
        json.WriteString(LogNames.Path, socket.Path);
    }

    /// <summary>Kind and path of the rule that took it: <c>prefix /chat</c>.</summary>
    internal static string RouteOf(SocketFacts socket) => $"{Words.Kebab(socket.Route.Route.Path.Kind.ToString())} {socket.Route.Route.Path.Value}";

    private static void Request(Utf8JsonWriter json, RequestFacts request)
    {
        json.WriteString(LogNames.Id, request.Id);
        json.WriteString(LogNames.RequestId, request.RequestId);
        json.WriteString(LogNames.Client, request.Client.ToString());
        json.WriteString(LogNames.Method, request.Method);
        json.WriteString(LogNames.Scheme, request.Scheme);
        json.WriteString(LogNames.Host, request.Host);
        json.WriteString(LogNames.Path, request.Path);
        json.WriteString(LogNames.Protocol, request.Protocol);
        Text(json, LogNames.UserAgent, request.UserAgent);
    }

    private static void Target(Utf8JsonWriter json, RouteState? route, string? service, string? pod, string? address)
    {
        if (route is not null)
        {
            json.WriteString(LogNames.Namespace, route.Route.Owner.Namespace);
            json.WriteString(LogNames.Ingress, route.Route.Owner.Name);
        }

        Text(json, LogNames.Service, service);
        Text(json, LogNames.Pod, pod);
        Text(json, LogNames.PodAddress, address);
    }

    private static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);

    private void Line(string kind, Action<Utf8JsonWriter> write) => _writer.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString(LogNames.Time, LogTime.Text(time.GetUtcNow()));
        json.WriteString(LogNames.Event, kind);
        write(json);
        json.WriteEndObject();
    });
}
