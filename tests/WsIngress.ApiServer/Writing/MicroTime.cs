using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WsIngress.ApiServer;

/// <summary>Times of Leases and Events: RFC 3339 with exactly six digits of a second.</summary>
internal static partial class MicroTime
{
    private const string Layout = "2006-01-02T15:04:05.000000Z07:00";

    /// <summary>Checks every MicroTime of the kind and writes offsets as Z.</summary>
    /// <exception cref="ApiFailure">400 with the text of the parser of a real server.</exception>
    public static void Check(ResourceKind kind, JsonObject json)
    {
        Each(kind, json, text => Normal(kind, text));
    }

    /// <summary>Gives every MicroTime its six digits: KubernetesClient leaves them out of whole seconds.</summary>
    public static void Widen(ResourceKind kind, JsonObject json) =>
        Each(kind, json, text => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? Text(time) : text);

    private static void Each(ResourceKind kind, JsonObject json, Func<string, string> rewrite)
    {
        foreach (var field in kind.MicroTimes)
        {
            var steps = field.Split('.');
            var parent = steps.SkipLast(1).Aggregate<string, JsonNode?>(json, (node, step) => (node as JsonObject)?[step]) as JsonObject;
            if (parent?[steps[^1]] is JsonValue value)
            {
                parent[steps[^1]] = rewrite(value.TryGetValue<string>(out var text) ? text : value.ToJsonString());
            }
        }
    }

    private static string Normal(ResourceKind kind, string text)
    {
        if (Form().Match(text) is not { Success: true } match)
        {
            throw Refused(kind, text, text, "2006");
        }

        var rest = match.Groups["rest"].Value;
        if (!SixDigits().IsMatch(rest))
        {
            throw Refused(kind, text, rest, ".000000");
        }

        if (!Zone().IsMatch(rest[7..]))
        {
            throw Refused(kind, text, rest[7..], "Z07:00");
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time))
        {
            throw Refused(kind, text, text, "2006");
        }

        return Text(time);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");

    private static ApiFailure Refused(ResourceKind kind, string text, string rest, string part) =>
        ApiFailure.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: parsing time \"{text}\" as \"{Layout}\": cannot parse \"{rest}\" as \"{part}\"");

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?<rest>.*)$")]
    private static partial Regex Form();

    [GeneratedRegex(@"^\.\d{6}")]
    private static partial Regex SixDigits();

    [GeneratedRegex(@"^(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Zone();
}
