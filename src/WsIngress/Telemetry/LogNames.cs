using System.Text.Json;

namespace WsIngress.Telemetry;

/// <summary>Names of the access log's fields, encoded once: a line has some twenty of them, and each was examined and encoded for every line.</summary>
internal static class LogNames
{
    public static readonly JsonEncodedText AgeSeconds = JsonEncodedText.Encode("ageSeconds");
    public static readonly JsonEncodedText BytesFromBackend = JsonEncodedText.Encode("bytesFromBackend");
    public static readonly JsonEncodedText BytesFromClient = JsonEncodedText.Encode("bytesFromClient");
    public static readonly JsonEncodedText Client = JsonEncodedText.Encode("client");
    public static readonly JsonEncodedText CloseFromBackend = JsonEncodedText.Encode("closeFromBackend");
    public static readonly JsonEncodedText CloseFromClient = JsonEncodedText.Encode("closeFromClient");
    public static readonly JsonEncodedText CloseToBackend = JsonEncodedText.Encode("closeToBackend");
    public static readonly JsonEncodedText CloseToClient = JsonEncodedText.Encode("closeToClient");
    public static readonly JsonEncodedText Code = JsonEncodedText.Encode("code");
    public static readonly JsonEncodedText Detail = JsonEncodedText.Encode("detail");
    public static readonly JsonEncodedText DurationMs = JsonEncodedText.Encode("durationMs");
    public static readonly JsonEncodedText Error = JsonEncodedText.Encode("error");
    public static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
    public static readonly JsonEncodedText Host = JsonEncodedText.Encode("host");
    public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    public static readonly JsonEncodedText Ingress = JsonEncodedText.Encode("ingress");
    public static readonly JsonEncodedText MessagesFromBackend = JsonEncodedText.Encode("messagesFromBackend");
    public static readonly JsonEncodedText MessagesFromClient = JsonEncodedText.Encode("messagesFromClient");
    public static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    public static readonly JsonEncodedText Namespace = JsonEncodedText.Encode("namespace");
    public static readonly JsonEncodedText Outcome = JsonEncodedText.Encode("outcome");
    public static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
    public static readonly JsonEncodedText Pod = JsonEncodedText.Encode("pod");
    public static readonly JsonEncodedText PodAddress = JsonEncodedText.Encode("podAddress");
    public static readonly JsonEncodedText Protocol = JsonEncodedText.Encode("protocol");
    public static readonly JsonEncodedText Reason = JsonEncodedText.Encode("reason");
    public static readonly JsonEncodedText RequestId = JsonEncodedText.Encode("requestId");
    public static readonly JsonEncodedText ResponseBytes = JsonEncodedText.Encode("responseBytes");
    public static readonly JsonEncodedText Route = JsonEncodedText.Encode("route");
    public static readonly JsonEncodedText Scheme = JsonEncodedText.Encode("scheme");
    public static readonly JsonEncodedText Service = JsonEncodedText.Encode("service");
    public static readonly JsonEncodedText Side = JsonEncodedText.Encode("side");
    public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    public static readonly JsonEncodedText Subprotocol = JsonEncodedText.Encode("subprotocol");
    public static readonly JsonEncodedText TableRevision = JsonEncodedText.Encode("tableRevision");
    public static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
    public static readonly JsonEncodedText Tries = JsonEncodedText.Encode("tries");
    public static readonly JsonEncodedText UserAgent = JsonEncodedText.Encode("userAgent");
}
