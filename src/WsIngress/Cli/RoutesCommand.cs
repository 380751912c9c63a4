using System.CommandLine;
using System.Net;

namespace WsIngress.Cli;

/// <summary><c>wsingress routes</c>: the routing table of a running process, or of a folder without running one.</summary>
internal static class RoutesCommand
{
    private const int AdminPort = 9901;

    public static Command Create(RoutesAction routes, CliConsole console)
    {
        var manifests = new Option<string?>("--manifests") { Description = "Translate this folder instead of asking a running process", HelpName = "DIR" };
        var admin = new Option<string?>("--admin") { Description = $"Admin API of the running process (default: 127.0.0.1:{AdminPort})", HelpName = "[HOST:]PORT" };
        var translation = new TranslationSettings();
        var output = OutputFormatOption.Create();
        var command = new Command("routes", "Print the routing table of a running process or of a folder") { manifests, admin, output };
        translation.AddTo(command);
        command.SetAction((parse, stopping) =>
        {
            var (ingressClass, disableExternalName) = translation.Read(parse, console);
            var options = new RoutesOptions
            {
                Manifests = ReadFolder(parse.GetValue(manifests), console.Directory),
                Admin = ReadAdmin(parse.GetValue(admin)),
                IngressClass = ingressClass,
                DisableExternalName = disableExternalName,
                Output = OutputFormatOption.Read(parse, output),
            };
            return routes(options, console, stopping);
        });
        return command;
    }

    private static string? ReadFolder(string? text, string directory) =>
        text is null ? null
        : Directory.Exists(Path.GetFullPath(text, directory)) ? Path.GetFullPath(text, directory)
        : throw new UsageException($"--manifests: '{text}' cannot be used; allowed: {SettingParsers.DirectoryAllowed}");

    private static IPEndPoint ReadAdmin(string? text) =>
        text is null ? new IPEndPoint(IPAddress.Loopback, AdminPort)
        : ListenAddress.TryParse(text, IPAddress.Loopback, out var address) && address is { IsOff: false, IsAllInterfaces: false, Port: > 0 } ? address.ToEndPoint()
        : throw new UsageException($"--admin: '{text}' cannot be used; allowed: [HOST:]PORT with HOST an address or localhost and PORT from 1 to 65535");
}
