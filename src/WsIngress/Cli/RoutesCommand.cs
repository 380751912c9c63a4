using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress routes</c>: the routing table of a running process, or of a folder without running one.</summary>
internal static class RoutesCommand
{
    public static Command Create(RoutesAction routes, CliConsole console)
    {
        var manifests = new Option<string?>("--manifests") { Description = "Translate this folder instead of asking a running process", HelpName = "DIR" };
        var admin = new AdminFlags();
        var effective = new Option<bool>("--effective") { Description = "Every limit and setting in force for each route, and where it comes from" };
        (string Name, Option<string?> Option)[] filters =
        [
            ("host", new("--host") { Description = "With --effective: routes of this host", HelpName = "HOST" }),
            ("ingress", new("--ingress") { Description = "With --effective: routes of this Ingress", HelpName = "[NAMESPACE/]NAME" }),
            ("namespace", new("--namespace") { Description = "With --effective: routes of Ingresses of this namespace", HelpName = "NAMESPACE" }),
        ];
        var translation = new TranslationSettings();
        var output = OutputFormatOption.Create();
        var command = new Command("routes", "Print the routing table of a running process or of a folder") { manifests, effective, output };
        admin.AddTo(command);
        foreach (var (_, option) in filters)
        {
            command.Add(option);
        }

        translation.AddTo(command);
        command.SetAction((parse, stopping) =>
        {
            var (ingressClass, disableExternalName, defaults) = translation.Read(parse, console);
            var options = new RoutesOptions
            {
                Manifests = ReadFolder(parse.GetValue(manifests), console.Directory),
                Admin = admin.Read(parse, console),
                IngressClass = ingressClass,
                DisableExternalName = disableExternalName,
                Defaults = defaults,
                Effective = parse.GetValue(effective),
                Query = [.. filters.Select(filter => (filter.Name, Value: parse.GetValue(filter.Option))).Where(pair => pair.Value is not null).Select(pair => (pair.Name, pair.Value!))],
                Output = OutputFormatOption.Read(parse, output),
            };
            return options.Effective || options.Query.Count == 0
                ? routes(options, console, stopping)
                : throw new UsageException($"--{options.Query[0].Name}: allowed with --effective alone");
        });
        return command;
    }

    private static string? ReadFolder(string? text, string directory) =>
        text is null ? null
        : Directory.Exists(Path.GetFullPath(text, directory)) ? Path.GetFullPath(text, directory)
        : throw new UsageException($"--manifests: '{text}' cannot be used; allowed: {SettingParsers.DirectoryAllowed}");
}
