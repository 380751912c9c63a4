using System.Net;
using System.Net.Sockets;

namespace WsIngress.Translation;

/// <summary>IP addresses without the old notations: no <c>10.1</c>, no octal <c>010.0.0.1</c>, no IPv6 scope.</summary>
internal static class AddressText
{
    public static bool TryParse(string text, out IPAddress address)
    {
        if (text.Length is 0 or > 45
            || text.AsSpan().IndexOfAny('%', '[', ']') >= 0
            || !IPAddress.TryParse(text, out var parsed)
            || (parsed.AddressFamily == AddressFamily.InterNetwork && !IsWrittenAs(parsed, text)))
        {
            address = IPAddress.None;
            return false;
        }

        address = parsed;
        return true;
    }

    private static bool IsWrittenAs(IPAddress address, string text)
    {
        Span<char> written = stackalloc char[15];
        return address.TryFormat(written, out var length) && text.AsSpan().SequenceEqual(written[..length]);
    }
}
