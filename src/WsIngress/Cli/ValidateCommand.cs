using System.Collections.Immutable;
using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress validate PATH…</c>: every problem of the manifests, with file and line.</summary>
internal static class ValidateCommand
{
    public static Command Create(ValidateAction validate, CliConsole console)
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and folders of manifests, read together", Arity = ArgumentArity.OneOrMore };
        var translation = new TranslationSettings();
        var output = OutputFormatOption.Create();
        var command = new Command("validate", "Name every problem of manifests with file and line; exit code 1 when there is one") { paths, output };
        translation.AddTo(command);
        command.SetAction((parse, stopping) =>
        {
            var (ingressClass, disableExternalName, defaults) = translation.Read(parse, console);
            var options = new ValidateOptions
            {
                Paths = ReadPaths(parse.GetRequiredValue(paths), console.Directory),
                IngressClass = ingressClass,
                DisableExternalName = disableExternalName,
                Defaults = defaults,
                Output = OutputFormatOption.Read(parse, output),
            };
            return validate(options, console, stopping);
        });
        return command;
    }

    private static ImmutableArray<string> ReadPaths(string[] texts, string directory)
    {
        var missing = texts.Where(text => !Path.Exists(Path.GetFullPath(text, directory))).ToArray();
        return missing.Length == 0
            ? [.. texts.Select(text => Path.GetFullPath(text, directory))]
            : throw new UsageException([.. missing.Select(text => $"PATH: '{text}' cannot be used; allowed: files and folders that exist")]);
    }
}
