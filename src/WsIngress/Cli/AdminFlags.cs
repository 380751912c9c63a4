using System.CommandLine;
using System.Net;

namespace WsIngress.Cli;

/// <summary>The admin API that a command asks, and the file with the token that opens it, or null.</summary>
internal sealed record AdminTarget(IPEndPoint EndPoint, string? TokenFile);

/// <summary>The options <c>--admin [HOST:]PORT</c> and <c>--token-file FILE</c> of commands that ask a running process.</summary>
internal sealed class AdminFlags
{
    public const string TokenFileAllowed = "a file with one token";

    /// <summary>What the serving process reads too, so that a command beside it in its container needs no option.</summary>
    private const string Variable = "WSINGRESS_ADMIN_TOKEN_FILE";

    private const int AdminPort = 9901;

    private readonly Option<string?> _admin = new("--admin") { Description = $"Admin API of the running process (default: 127.0.0.1:{AdminPort})", HelpName = "[HOST:]PORT" };
    private readonly Option<string?> _tokenFile = new("--token-file") { Description = $"File with the token of its admin API, where it wants one (also {Variable})", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Add(_admin);
        command.Add(_tokenFile);
    }

    /// <exception cref="UsageException">It is no address of a process.</exception>
    public AdminTarget Read(ParseResult parse, CliConsole console)
    {
        var file = parse.GetValue(_tokenFile) ?? (console.Environment(Variable) is { Length: > 0 } variable ? variable : null);
        return new(EndPoint(parse.GetValue(_admin)), file is null ? null : Path.GetFullPath(file, console.Directory));
    }

    /// <summary>Empty for none.</summary>
    public static bool TryParseTokenFile(string text, out string? file)
    {
        file = text.Length == 0 ? null : text;
        return true;
    }

    private static IPEndPoint EndPoint(string? text) =>
        text is null ? new IPEndPoint(IPAddress.Loopback, AdminPort)
        : ListenAddress.TryParse(text, IPAddress.Loopback, out var address) && address is { IsOff: false, IsAllInterfaces: false, Port: > 0 } ? address.ToEndPoint()
        : throw new UsageException($"--admin: '{text}' cannot be used; allowed: [HOST:]PORT with HOST an address or localhost and PORT from 1 to 65535");
}
