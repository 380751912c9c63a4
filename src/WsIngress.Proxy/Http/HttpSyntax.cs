using System.Buffers;

namespace WsIngress.Proxy.Http;

/// <summary>Character classes of RFC 9110 §5.6.2 and of request targets (RFC 9112 §3.2).</summary>
internal static class HttpSyntax
{
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsTokenCharacter(char c) => Token.Contains(c);

    /// <summary>A header name (RFC 9110 §5.1).</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(Token);

    /// <summary>Visible ASCII only: what may stand in a request line or a Host header that we write ourselves.</summary>
    public static bool IsVisibleAscii(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('!', '~');

    /// <summary>No character that ends or folds a header line; others travel as Latin-1.</summary>
    public static bool IsFieldValue(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange(' ', '~'))
        {
            return true;
        }

        foreach (var c in text)
        {
            if ((c < ' ' && c != '\t') || c == '\u007f' || c > '\u00ff')
            {
                return false;
            }
        }

        return true;
    }
}
