using System.Collections.Immutable;
using System.Net;
using WsIngress.Sources;

namespace WsIngress.Cli;

/// <summary>The texts of the cluster settings to their values; an empty text is null or none.</summary>
internal static class ClusterText
{
    public const string ControllerNameAllowed = "a DNS name, a slash and a path, such as example.com/controller, at most 253 characters";
    public const string NamespaceAllowed = "a namespace: lower-case letters, digits and '-', at most 63";
    public const string NamespacesAllowed = "namespaces joined by commas, such as shop,chat; empty for all";
    public const string SelectorAllowed = "a label selector, such as team=chat,tier in (web, edge); at most 1000 characters";
    public const string KeyAllowed = "NAMESPACE/NAME";
    public const string AddressesAllowed = "IP addresses or DNS names joined by commas, such as 203.0.113.7,ingress.example.com; empty for none";

    private const int LongestSelector = 1000;

    public static bool Any(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return true;
    }

    public static bool Name(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return value is null || SettingParsers.ClassName(text, out _);
    }

    public static bool Namespace(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return value is null || IsNamespace(text);
    }

    public static bool Namespaces(string text, out ImmutableArray<string> value)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        value = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return names.All(IsNamespace);
    }

    /// <summary>The API server has the last word on a selector; what cannot be one is refused here.</summary>
    public static bool Selector(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return text.Length <= LongestSelector && text.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,=! ()".Contains(c, StringComparison.Ordinal));
    }

    public static bool ControllerName(string text, out string value)
    {
        value = text;
        return text.Length is > 0 and <= 253 && text.Split('/') is [{ Length: > 0 } domain, { Length: > 0 }, ..] && SettingParsers.ClassName(domain, out _);
    }

    public static bool Key(string text, out ObjectKey? value)
    {
        value = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (text.Split('/') is not [var ns, var name] || !IsNamespace(ns) || !SettingParsers.ClassName(name, out _))
        {
            return false;
        }

        value = new ObjectKey(ns, name);
        return true;
    }

    public static bool Addresses(string text, out ImmutableArray<string> value)
    {
        value = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return value.All(address => IPAddress.TryParse(address, out _) || (SettingParsers.ClassName(address, out _) && address.Any(char.IsAsciiLetter)));
    }

    private static bool IsNamespace(string text) =>
        text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && text[0] != '-' && text[^1] != '-';
}
