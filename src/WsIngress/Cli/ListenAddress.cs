using System.Globalization;
using System.Net;

namespace WsIngress.Cli;

/// <summary>
/// Where a listener binds, written <c>[HOST:]PORT</c> or <c>off</c>. HOST is an IPv4 address, an IPv6 address in brackets,
/// <c>localhost</c> (127.0.0.1) or <c>*</c> (all interfaces); PORT is 0 to 65535 and 0 takes any free port.
/// </summary>
internal readonly record struct ListenAddress
{
    /// <summary>What a listener that cannot be off takes.</summary>
    public const string AllowedOn = "[HOST:]PORT with HOST an IPv4 address, an IPv6 address in brackets, localhost or *, and PORT from 0 (any free port) to 65535";

    public const string Allowed = AllowedOn + "; or off";

    private ListenAddress(IPAddress? address, int port)
    {
        Address = address;
        Port = port;
    }

    /// <summary>The listener that is not there.</summary>
    public static ListenAddress Off => default;

    /// <summary>The address to bind; <see cref="IPAddress.IPv6Any"/> stands for all interfaces of both families; null when off.</summary>
    public IPAddress? Address { get; }

    public int Port { get; }

    public bool IsOff => Address is null;

    /// <summary>All interfaces, IPv4 and IPv6.</summary>
    public bool IsAllInterfaces => IPAddress.IPv6Any.Equals(Address);

    public static ListenAddress AllInterfaces(int port) => new(IPAddress.IPv6Any, port);

    public static ListenAddress Loopback(int port) => new(IPAddress.Loopback, port);

    /// <summary>Parses <paramref name="text"/>; a port alone binds <paramref name="defaultHost"/>. False when it is not of the form in <see cref="Allowed"/>.</summary>
    public static bool TryParse(string text, IPAddress defaultHost, out ListenAddress result)
    {
        result = Off;
        if (string.Equals(text, "off", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var split = text.LastIndexOf(':');
        IPAddress? host = defaultHost;
        if ((split >= 0 && !TryParseHost(text[..split], out host)) || !TryParsePort(text[(split + 1)..], out var port))
        {
            return false;
        }

        result = new ListenAddress(host, port);
        return true;
    }

    /// <summary>The end point to bind.</summary>
    /// <exception cref="InvalidOperationException">The listener is off.</exception>
    public IPEndPoint ToEndPoint() => new(Address ?? throw new InvalidOperationException("This listener is off."), Port);

    public override string ToString() => IsOff ? "off" : IsAllInterfaces ? $"*:{Port}" : ToEndPoint().ToString();

    private static bool TryParseHost(string text, out IPAddress? host)
    {
        host = text switch
        {
            "*" => IPAddress.IPv6Any,
            _ when string.Equals(text, "localhost", StringComparison.OrdinalIgnoreCase) => IPAddress.Loopback,
            ['[', .., ']'] when IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out var six) && text.Contains(':', StringComparison.Ordinal) => six,
            _ when IsDottedQuad(text) && IPAddress.TryParse(text, out var four) => four,
            _ => null,
        };
        return host is not null;
    }

    /// <summary>Four decimal parts: <see cref="IPAddress.TryParse(string, out IPAddress)"/> alone also takes "1" and "0x7f.1".</summary>
    private static bool IsDottedQuad(string text) =>
        text.Count(c => c == '.') == 3 && text.All(c => char.IsAsciiDigit(c) || c == '.');

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;
}
