using System.Globalization;

namespace WsIngress.Cluster;

/// <summary>
/// Versions of the API server compared. It counts all its writes with one number that never falls, unless it came back from a backup; the
/// API promises so for its own kinds. What is no number is older than everything.
/// </summary>
internal static class ResourceVersion
{
    public static ulong Number(string version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
