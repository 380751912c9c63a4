using System.Globalization;

namespace WsIngress.Cluster;

/// <summary>
/// The API's MicroTime: UTC with exactly six digits; anything else is refused with 400. The models of KubernetesClient leave the digits
/// out at a whole second, so what carries one of these is written by hand.
/// </summary>
internal static class MicroTime
{
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
