using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>Where a paged list goes on.</summary>
/// <param name="Version">The revision of the first page; -1 for the present one.</param>
/// <param name="After">Key of the last object that was shown.</param>
internal sealed record ContinueToken(long Version, string After)
{
    public override string ToString() =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = Version, ["start"] = After }.ToJsonString()))
            .TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="ApiFailure">400: not a token of this server.</exception>
    public static ContinueToken Parse(string text)
    {
        try
        {
            var base64 = text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '=');
            var json = JsonNode.Parse(Convert.FromBase64String(base64))!;
            return new ContinueToken((long)json["rv"]!, (string)json["start"]!);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException)
        {
            throw ApiFailure.BadRequest("invalid continue token: continue key is not valid: invalid character looking for beginning of value");
        }
    }
}
