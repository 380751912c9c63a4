using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using WsIngress.Translation;

namespace WsIngress.Tests.Translation;

/// <summary>A translation as text: the table, the report of every Ingress, every problem.</summary>
internal static class GoldenText
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(TranslationResult result)
    {
        var text = new JsonObject
        {
            ["table"] = JsonNode.Parse(result.Table.ToCanonicalJson()),
            ["reports"] = new JsonArray([.. result.Reports.Select(Report)]),
            ["problems"] = new JsonArray([.. result.Problems.Select(Problem)]),
        };
        return text.ToJsonString(Readable) + "\n";
    }

    private static JsonObject Report(IngressReport report)
    {
        var json = new JsonObject { ["ingress"] = $"{report.Namespace}/{report.Name}", ["state"] = report.State.ToString() };
        if (report.Reason.Length > 0)
        {
            json["reason"] = report.Reason;
        }

        json["hosts"] = new JsonArray([.. report.Hosts.Select(h => JsonValue.Create(h))]);
        json["routes"] = report.Routes;
        json["problems"] = new JsonArray([.. report.Problems.Select(p => JsonValue.Create($"{p.Reason} {p.Field}"))]);
        return json;
    }

    private static JsonObject Problem(Problem problem) => new()
    {
        ["object"] = problem.Object.ToString(),
        ["severity"] = problem.Severity.ToString(),
        ["reason"] = problem.Reason.ToString(),
        ["field"] = problem.Field,
        ["value"] = problem.Value,
        ["allowed"] = problem.Allowed,
        ["message"] = problem.Message,
    };
}
