using System.CommandLine;
using System.Net;

namespace WsIngress.Cli;

/// <summary>The option <c>--admin [HOST:]PORT</c> of commands that ask a running process.</summary>
internal static class AdminOption
{
    private const int AdminPort = 9901;

    public static Option<string?> Create() => new("--admin") { Description = $"Admin API of the running process (default: 127.0.0.1:{AdminPort})", HelpName = "[HOST:]PORT" };

    /// <exception cref="UsageException">It is no address of a process.</exception>
    public static IPEndPoint Read(string? text) =>
        text is null ? new IPEndPoint(IPAddress.Loopback, AdminPort)
        : ListenAddress.TryParse(text, IPAddress.Loopback, out var address) && address is { IsOff: false, IsAllInterfaces: false, Port: > 0 } ? address.ToEndPoint()
        : throw new UsageException($"--admin: '{text}' cannot be used; allowed: [HOST:]PORT with HOST an address or localhost and PORT from 1 to 65535");
}
