using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress routes</c>: the routing table of a running process, or of a folder without running one.</summary>
internal static class RoutesCommand
{
    public static Command Create(RoutesAction routes, CliConsole console)
    {
        var manifests = new Option<string?>("--manifests") { Description = "Translate this folder instead of asking a running process", HelpName = "DIR" };
        var admin = AdminOption.Create();
        var translation = new TranslationSettings();
        var output = OutputFormatOption.Create();
        var command = new Command("routes", "Print the routing table of a running process or of a folder") { manifests, admin, output };
        translation.AddTo(command);
        command.SetAction((parse, stopping) =>
        {
            var (ingressClass, disableExternalName, defaults) = translation.Read(parse, console);
            var options = new RoutesOptions
            {
                Manifests = ReadFolder(parse.GetValue(manifests), console.Directory),
                Admin = AdminOption.Read(parse.GetValue(admin)),
                IngressClass = ingressClass,
                DisableExternalName = disableExternalName,
                Defaults = defaults,
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
}
