using System.Buffers;
using WsIngress.Routing;

namespace WsIngress.Proxy.Http;

/// <summary>A request target split into what matching needs: the path in normal form, and path and query as sent.</summary>
internal readonly record struct RequestTarget(string PathAndQuery, string NormalPath)
{
    /// <summary>The query without its question mark; empty when there is none.</summary>
    public ReadOnlySpan<char> Query
    {
        get
        {
            var at = PathAndQuery.IndexOf('?', StringComparison.Ordinal);
            return at < 0 ? default : PathAndQuery.AsSpan(at + 1);
        }
    }

    /// <param name="rawTarget">Origin form (<c>/path?query</c>) or absolute form (RFC 9112 §3.2.2).</param>
    /// <param name="target">The parts.</param>
    public static PathRefusal TryParse(string rawTarget, out RequestTarget target)
    {
        target = default;
        var origin = OriginForm(rawTarget);
        if (!HttpSyntax.IsVisibleAscii(origin))
        {
            return PathRefusal.ControlCharacter;
        }

        if (origin[0] != '/')
        {
            return PathRefusal.NotAbsolute;
        }

        var fragment = origin.IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0)
        {
            origin = origin[..fragment];
        }

        var query = origin.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? origin.AsSpan() : origin.AsSpan(0, query);
        if (PathNormalizer.IsNormal(path))
        {
            target = new(origin, query < 0 ? origin : path.ToString());
            return PathRefusal.None;
        }

        var buffer = ArrayPool<char>.Shared.Rent(Math.Max(1, path.Length));
        try
        {
            var refusal = PathNormalizer.Normalize(path, buffer, out var written);
            if (refusal == PathRefusal.None)
            {
                target = new(origin, new string(buffer, 0, written));
            }

            return refusal;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }

    private static string OriginForm(string rawTarget)
    {
        if (rawTarget.Length > 0 && rawTarget[0] == '/')
        {
            return rawTarget;
        }

        var scheme = rawTarget.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return rawTarget;
        }

        var path = rawTarget.AsSpan(scheme + 3).IndexOfAny('/', '?');
        return path < 0 ? "/" : rawTarget[scheme + 3 + path] == '?' ? "/" + rawTarget[(scheme + 3 + path)..] : rawTarget[(scheme + 3 + path)..];
    }
}
