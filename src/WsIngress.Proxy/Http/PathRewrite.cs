using System.Text;
using System.Text.RegularExpressions;
using WsIngress.Proxy.Live;

namespace WsIngress.Proxy.Http;

/// <summary>
/// The request target for the pod. Without a rewrite it is what the client wrote, byte for byte. With one, the target replaces
/// the whole path (as nginx's rewrite-target does), captures of a regex path are put in, and the query stays.
/// </summary>
internal static class PathRewrite
{
    private const string Unescaped = "/-._~!$&'()*+,;=:@";

    /// <param name="route">The route that matched.</param>
    /// <param name="rawTarget">Path and query as the client sent them.</param>
    /// <param name="normalPath">The path in normal form, which the captures come from.</param>
    public static string Apply(RouteState route, string rawTarget, string normalPath)
    {
        if (route.Policy.RewriteTarget is not { } target)
        {
            return rawTarget;
        }

        var path = route.PathRegex is { } regex ? Expand(regex, normalPath, target) : target;
        var query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var escaped = Escape(path);
        return query < 0 ? escaped : string.Concat(escaped, rawTarget.AsSpan(query));
    }

    private static string Expand(Regex regex, string path, string target)
    {
        Match match;
        try
        {
            match = regex.Match(path);
        }
        catch (RegexMatchTimeoutException)
        {
            return target;
        }

        var text = new StringBuilder(path.Length + target.Length);
        for (var i = 0; i < target.Length; i++)
        {
            if (target[i] == '$' && i + 1 < target.Length && char.IsAsciiDigit(target[i + 1]))
            {
                text.Append(match.Groups[target[++i] - '0'].ValueSpan);
            }
            else
            {
                text.Append(target[i]);
            }
        }

        return text.ToString();
    }

    private static string Escape(string path)
    {
        if (path.Length == 0 || path[0] != '/')
        {
            path = "/" + path;
        }

        var plain = true;
        foreach (var c in path)
        {
            plain &= char.IsAsciiLetterOrDigit(c) || Unescaped.Contains(c, StringComparison.Ordinal);
        }

        if (plain)
        {
            return path;
        }

        var text = new StringBuilder(path.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(path))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || Unescaped.Contains((char)b, StringComparison.Ordinal))
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2"));
            }
        }

        return text.ToString();
    }
}
