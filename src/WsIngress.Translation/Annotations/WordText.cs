using System.Buffers;
using System.Globalization;
using System.Net;
using WsIngress.Routing;
using WsIngress.Translation.Rules;

namespace WsIngress.Translation.Annotations;

/// <summary>The small value types: switches, closed word lists, names and paths.</summary>
internal static class WordText
{
    // RFC 9110 §5.6.2
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // RFC 3986 pchar and the slash
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("!$&'()*+,;=:@%/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool Switch(string text, out bool value, out string error)
    {
        value = text.Equals("on", StringComparison.OrdinalIgnoreCase) || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        var known = value || text.Equals("off", StringComparison.OrdinalIgnoreCase) || text.Equals("false", StringComparison.OrdinalIgnoreCase);
        error = known ? "" : "is neither on nor off";
        return known;
    }

    public static ValueParser<T> OneOf<T>(params (string Word, T Value)[] words)
    {
        return Parse;

        bool Parse(string text, out T value, out string error)
        {
            foreach (var (word, meant) in words)
            {
                if (word == text)
                {
                    value = meant;
                    error = "";
                    return true;
                }
            }

            value = default!;
            error = "is not in the list";
            return false;
        }
    }

    public static bool SameSite(string text, out string value, out string error)
    {
        value = text.ToLowerInvariant() switch
        {
            "none" => "None",
            "lax" => "Lax",
            "strict" => "Strict",
            _ => "",
        };
        error = value.Length > 0 ? "" : "is not in the list";
        return value.Length > 0;
    }

    public static bool HashKey(string text, out HashKey value, out string error)
    {
        value = BackendPolicy.Default.HashBy;
        error = "is not in the list";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            value = text == "path" ? new(HashSource.Path) : value;
            error = text is "path" or "client-ip" ? "" : error;
            return error.Length == 0;
        }

        HashSource? source = text[..colon] switch
        {
            "header" => HashSource.Header,
            "cookie" => HashSource.Cookie,
            "query" => HashSource.Query,
            _ => null,
        };
        var name = text[(colon + 1)..];
        if (source is not { } known || !IsToken(name, 128))
        {
            error = source is null ? error : "has no usable name after the colon";
            return false;
        }

        value = new(known, name);
        error = "";
        return true;
    }

    /// <summary>As above, without the path, which says nothing about who somebody is.</summary>
    public static bool ConnectionKey(string text, out HashKey value, out string error)
    {
        var known = HashKey(text, out value, out error);
        if (known && value.Source == HashSource.Path)
        {
            error = "is not in the list";
            return false;
        }

        return known;
    }

    public static bool CookieName(string text, out string value, out string error)
    {
        value = text;
        error = IsToken(text, 128) ? "" : "is no cookie name";
        return error.Length == 0;
    }

    public static bool CookiePath(string text, out string value, out string error)
    {
        value = text;
        var ok = text is ['/', ..] && text.Length <= 1024 && !text.Contains(';', StringComparison.Ordinal) && text.AsSpan().IndexOfAnyExcept(PathCharacters) < 0;
        error = ok ? "" : "is no path for a cookie";
        return ok;
    }

    public static bool CookieDomain(string text, out string value, out string error)
    {
        value = text.ToLowerInvariant().TrimStart('.');
        var ok = text.Length - value.Length <= 1 && IsName(value);
        error = ok ? "" : "is no DNS name";
        return ok;
    }

    public static bool DnsName(string text, out string value, out string error)
    {
        value = text.ToLowerInvariant();
        var ok = IsName(value);
        error = ok ? "" : "is no DNS name";
        return ok;
    }

    public static bool ObjectName(string text, out string value, out string error)
    {
        value = text;
        var ok = HostName.IsDnsName(text);
        error = ok ? "" : text.Contains('/', StringComparison.Ordinal) ? "names another namespace, which is not allowed" : "is no object name";
        return ok;
    }

    public static bool Count(string text, out int value, out string error)
    {
        var known = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= 1_000_000_000;
        error = known ? "" : "is no such number";
        return known;
    }

    /// <summary>RFC 6455 §7.4: those that may stand in a Close frame.</summary>
    public static bool CloseCode(string text, out ushort value, out string error)
    {
        var known = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
        error = known ? "" : "is no Close code that may be sent";
        return known;
    }

    public static bool RewriteTarget(string text, out string value, out string error)
    {
        value = text;
        error = "";
        if (text is not ['/', ..] || text.Length > 1024)
        {
            error = "is no absolute path of at most 1024 characters";
        }
        else if (text.AsSpan().IndexOfAnyExcept(PathCharacters) is var stranger and >= 0)
        {
            error = $"has a character that is not allowed in a path at offset {stranger}";
        }

        for (var i = 0; error.Length == 0 && i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (text[i] == '$' && next is not (>= '1' and <= '9'))
            {
                error = "has a $ that is not followed by a digit from 1 to 9";
            }
            else if (text[i] == '%' && !(char.IsAsciiHexDigit(next) && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 2])))
            {
                error = "has a % that is not followed by two hex digits";
            }
        }

        return error.Length == 0;
    }

    private static bool IsName(string text) => HostName.IsDnsName(text) && !IPAddress.TryParse(text, out _);

    private static bool IsToken(string text, int most) => text.Length > 0 && text.Length <= most && text.AsSpan().IndexOfAnyExcept(Token) < 0;
}
