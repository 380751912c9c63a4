using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Routing;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Translation;

namespace WsIngress.Admin;

/// <summary>The answers of the admin API.</summary>
internal static class AdminJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Revision, hash and the canonical table.</summary>
    public static string Routes(RoutingTable table) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("revision", table.Revision);
        json.WriteString("contentHash", table.ContentHash);
        json.WritePropertyName("table");
        json.WriteRawValue(table.ToCanonicalJson());
        json.WriteEndObject();
    });

    public static string Connection(RelaySession session) => Write(json => Connection(json, session));

    public static string Connection(ClosedSocket ended) => Write(json => Connection(json, ended));

    public static string Count(string name, int count) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteNumber(name, count);
        json.WriteEndObject();
    });

    public static string Problems(SyncStatus status) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("problems");
        foreach (var problem in status.Result?.Problems ?? [])
        {
            ProblemTo(json, problem);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static string Ingresses(SyncStatus status) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("ingresses");
        foreach (var report in status.Result?.Reports ?? [])
        {
            json.WriteStartObject();
            json.WriteString("namespace", report.Namespace);
            json.WriteString("name", report.Name);
            json.WriteString("state", Words.Kebab(report.State.ToString()));
            AccessLog.Text(json, "reason", report.Reason);
            json.WriteNumber("routes", report.Routes);
            json.WriteStartArray("hosts");
            foreach (var host in report.Hosts)
            {
                json.WriteStringValue(host);
            }

            json.WriteEndArray();
            json.WriteStartArray("problems");
            foreach (var problem in report.Problems)
            {
                ProblemTo(json, problem);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void ProblemTo(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteString("severity", problem.Severity.ToString().ToLowerInvariant());
        json.WriteString("reason", problem.Reason.ToString());
        json.WriteString("object", problem.Object.ToString());
        json.WriteString("field", problem.Field);
        json.WriteString("value", problem.Value);
        json.WriteString("allowed", problem.Allowed);
        json.WriteString("message", problem.Message);
        AccessLog.Text(json, "location", problem.Location);
        json.WriteEndObject();
    }

    public static void Connection(Utf8JsonWriter json, RelaySession session)
    {
        json.WriteStartObject();
        json.WriteString("id", session.Id);
        if (session.Tag is SocketFacts socket)
        {
            Socket(json, socket);
        }

        json.WriteString("openedAt", session.StartedAt.UtcDateTime.ToString("O"));
        json.WriteNumber("ageSeconds", Math.Round(session.Age.TotalSeconds, 3));
        RoundTrip(json, "clientRttSeconds", session.RoundTrip(RelaySide.Client));
        RoundTrip(json, "podRttSeconds", session.RoundTrip(RelaySide.Backend));
        json.WriteNumber("idleSeconds", Math.Round(session.Idle.TotalSeconds, 3));
        Direction(json, "fromClient", session.FromClient);
        Direction(json, "fromBackend", session.FromBackend);
        if (session.Outcome is { } outcome)
        {
            json.WriteString("ending", RelayOutcomes.Word(outcome));
        }

        json.WriteEndObject();
    }

    public static void Connection(Utf8JsonWriter json, ClosedSocket ended)
    {
        var report = ended.Report;
        json.WriteStartObject();
        json.WriteString("id", ended.Facts.Id);
        Socket(json, ended.Facts);
        json.WriteString("openedAt", (ended.At - report.Age).UtcDateTime.ToString("O"));
        json.WriteString("closedAt", ended.At.UtcDateTime.ToString("O"));
        json.WriteNumber("ageSeconds", Math.Round(report.Age.TotalSeconds, 3));
        Direction(json, "fromClient", report.FromClient);
        Direction(json, "fromBackend", report.FromBackend);
        json.WriteString("outcome", RelayOutcomes.Word(report.Outcome));
        json.WriteString("side", Words.Of(report.Side));
        AccessLog.Text(json, "detail", report.Detail);
        AccessLog.Close(json, LogNames.CloseFromClient, report.CloseFromClient);
        AccessLog.Close(json, LogNames.CloseToClient, report.CloseToClient);
        AccessLog.Close(json, LogNames.CloseFromBackend, report.CloseFromBackend);
        AccessLog.Close(json, LogNames.CloseToBackend, report.CloseToBackend);
        json.WriteEndObject();
    }

    /// <summary>Known where the ingress sends Pings of its own.</summary>
    private static void RoundTrip(Utf8JsonWriter json, string name, TimeSpan? took)
    {
        if (took is { } time)
        {
            json.WriteNumber(name, Math.Round(time.TotalSeconds, 6));
        }
    }

    private static void Socket(Utf8JsonWriter json, SocketFacts socket)
    {
        AccessLog.Origin(json, socket);
        json.WriteString("protocol", socket.Protocol);
        json.WriteString("scheme", socket.Scheme);
        json.WriteString("namespace", socket.Route.Route.Owner.Namespace);
        json.WriteString("ingress", socket.Route.Route.Owner.Name);
        json.WriteString("route", AccessLog.RouteOf(socket));
        json.WriteString("service", socket.Service);
        json.WriteString("pod", socket.Pod);
        json.WriteString("podAddress", socket.PodAddress);
        AccessLog.Text(json, "subprotocol", socket.Subprotocol);
        json.WriteNumber("tableRevision", socket.Route.Revision);
    }

    private static void Direction(Utf8JsonWriter json, string name, in FrameCounters counters)
    {
        json.WriteStartObject(name);
        json.WriteNumber("messages", counters.Messages);
        json.WriteNumber("bytes", counters.WireBytes);
        json.WriteEndObject();
    }
}
