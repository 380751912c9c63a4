using System.Collections.Concurrent;
using System.Text;
using WsIngress.Relay;

namespace WsIngress.Telemetry;

/// <summary>Members of closed lists as the words of logs and labels: <c>NoEndpoint</c> becomes <c>no-endpoint</c>.</summary>
internal static class Words
{
    /// <summary>A side, without making the word anew for every socket.</summary>
    public static string Of(RelaySide side) => side switch
    {
        RelaySide.Client => "client",
        RelaySide.Backend => "backend",
        RelaySide.Proxy => "proxy",
        _ => "none",
    };

    private static readonly ConcurrentDictionary<string, string> Known = new();

    public static string Kebab(string name) => Known.GetOrAdd(name, static text =>
    {
        var word = new StringBuilder(text.Length + 4);
        foreach (var c in text)
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
            {
                word.Append('-');
            }

            word.Append(char.ToLowerInvariant(c));
        }

        return word.ToString();
    });
}
