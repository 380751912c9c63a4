using System.Text;
using k8s.Models;

namespace WsIngress.Translation.Tls;

/// <summary>The values of a Secret as text.</summary>
internal static class SecretText
{
    /// <summary>Null when the key is missing or empty. <c>stringData</c>, which only files have, wins as it does in the API server.</summary>
    public static string? Find(V1Secret secret, string key)
    {
        if (secret.StringData is { } texts && texts.TryGetValue(key, out var text))
        {
            return string.IsNullOrWhiteSpace(text) ? null : text;
        }

        return secret.Data is { } data && data.TryGetValue(key, out var bytes) && bytes is { Length: > 0 } ? Encoding.UTF8.GetString(bytes) : null;
    }
}
