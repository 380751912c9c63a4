using System.Net;

namespace WsIngress.Translation.Rules;

/// <summary>
/// The host of a rule or certificate, as the Kubernetes API allows it: an RFC 1123 name, or <c>*.</c> before one for exactly one
/// label. Kept in lower case. At most 253 characters, labels of at most 63.
/// </summary>
internal static class HostName
{
    public const string Allowed = "a DNS name such as app.example.com, or *.example.com for any one label";

    private const int MaxLength = 253;
    private const int MaxLabel = 63;

    /// <summary>Empty and null text is the host-less rule and gives an empty <paramref name="host"/>.</summary>
    public static bool TryParse(string? text, out string host, out string error)
    {
        host = "";
        error = "";
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var lower = text.ToLowerInvariant();
        var name = lower.StartsWith("*.", StringComparison.Ordinal) ? lower.AsSpan(2) : lower;
        error = Check(lower, name);
        if (error.Length > 0)
        {
            return false;
        }

        host = lower;
        return true;
    }

    /// <summary>True for a plain RFC 1123 name in lower case; a wildcard or an IP address is none.</summary>
    public static bool IsDnsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var range in name.Split('.'))
        {
            if (!IsLabel(name[range]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when <paramref name="pattern"/> is the same name, or a wildcard whose one label <paramref name="host"/> fills.</summary>
    public static bool Covers(string pattern, string host)
    {
        if (string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return pattern.StartsWith("*.", StringComparison.Ordinal)
            && dot > 0
            && host[0] != '*'
            && host.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }

    private static string Check(string whole, ReadOnlySpan<char> name)
    {
        if (whole.Length > MaxLength)
        {
            return $"is longer than {MaxLength} characters";
        }

        if (whole.Contains(':', StringComparison.Ordinal))
        {
            return "has a colon: a host has no port and is no IPv6 address";
        }

        if (name.Contains('*'))
        {
            return "has a * that is not its whole first label, followed by a name";
        }

        if (name.Length > 0 && char.IsAsciiDigit(name[^1]) && IPAddress.TryParse(name, out _))
        {
            return "is an IP address";
        }

        return IsDnsName(name) ? "" : "is no DNS name: labels of a-z, 0-9 and - (not first or last), at most 63 each, joined by dots; write others in punycode";
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > MaxLabel || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
