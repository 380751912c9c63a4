using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy;

namespace WsIngress.Cli;

/// <summary>The texts of settings to their values. Each is paired with a sentence that says what it allows.</summary>
internal static class SettingParsers
{
    public const string CidrsAllowed = "CIDR blocks or addresses joined by commas, such as 10.0.0.0/8,192.168.1.7,fd00::/8; empty for none";
    public const string SwitchAllowed = "on or off";
    public const string LogLevelAllowed = "debug, info, warning, error or none";
    public const string LogFormatAllowed = "auto (text on a terminal, json otherwise), text or json";
    public const string ClassAllowed = "a DNS name: letters, digits, '-' and '.', at most 253";
    public const string TransportAllowed = "auto (epoll on Linux), epoll or sockets";
    public const string HandshakeAllowed = "auto (transport where epoll moves the bytes), transport or kestrel";
    public const string LoopsAllowed = "auto (one per core) or a number from 1 to 256";
    public const string CountAllowed = "a number from 1 to 1000000000, or 0 for no limit";
    public const string DirectoryAllowed = "a folder that exists";

    public static bool Text(string text, out string value)
    {
        value = text;
        return true;
    }

    public static SettingParser<ListenAddress> Listen(IPAddress defaultHost) =>
        (string text, out ListenAddress value) => ListenAddress.TryParse(text, defaultHost, out value);

    public static bool Switch(string text, out bool value)
    {
        value = text.ToLowerInvariant() is "on" or "true";
        return value || text.ToLowerInvariant() is "off" or "false";
    }

    public static bool Cidrs(string text, out ImmutableArray<IPNetwork> value)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else if (!part.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(part, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                value = [];
                return false;
            }
        }

        value = networks.ToImmutable();
        return true;
    }

    public static bool Level(string text, out LogLevel value)
    {
        LogLevel? level = text.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" or "information" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "none" => LogLevel.None,
            _ => null,
        };
        value = level ?? LogLevel.Information;
        return level is not null;
    }

    /// <summary>Null is <c>auto</c>.</summary>
    public static bool Format(string text, out LogFormat? value)
    {
        value = text switch
        {
            "text" => LogFormat.Text,
            "json" => LogFormat.Json,
            _ => null,
        };
        return value is not null || text == "auto";
    }

    /// <summary>Null is <c>auto</c>.</summary>
    public static bool Transport(string text, out TransportKind? value)
    {
        value = text switch
        {
            "epoll" when OperatingSystem.IsLinux() => TransportKind.Epoll,
            "sockets" => TransportKind.Sockets,
            _ => null,
        };
        return value is not null || text == "auto";
    }

    /// <summary>Null is <c>auto</c>.</summary>
    public static bool Handshake(string text, out HandshakeWay? value)
    {
        value = text switch
        {
            "transport" => HandshakeWay.Transport,
            "kestrel" => HandshakeWay.Kestrel,
            _ => null,
        };
        return value is not null || text == "auto";
    }

    /// <summary>Zero is <c>auto</c>.</summary>
    public static bool Loops(string text, out int value)
    {
        value = 0;
        return text == "auto" || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= 256);
    }

    public static bool Count(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= 1_000_000_000;

    public static bool ClassName(string text, out string value)
    {
        value = text;
        return text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
    }
}
