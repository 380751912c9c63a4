using WsIngress.Cli;
using WsIngress.Manifests;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>What <c>validate</c> does: reads the paths as one cluster and prints every problem.</summary>
internal static class ManifestCheck
{
    public static async Task<int> RunAsync(ValidateOptions options, CliConsole console, CancellationToken stopping)
    {
        var translation = ManifestValidation.StandaloneOptions with { IngressClass = options.IngressClass, AllowExternalName = !options.DisableExternalName, Defaults = options.Defaults };
        ValidationOutcome outcome;
        try
        {
            outcome = new ManifestValidation(snapshot => Translator.Translate(snapshot, translation)).Run(options.Paths);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            await console.Notes.WriteLineAsync($"wsingress validate: {broken.Message}");
            return ExitCode.Problems;
        }

        stopping.ThrowIfCancellationRequested();
        if (options.Output == OutputFormat.Json)
        {
            await console.Text.WriteAsync(outcome.ToJson());
        }
        else
        {
            await console.Text.WriteAsync(outcome.ToText());
            var ignored = outcome.UnknownKinds.IsEmpty ? "" : $" (ignored kinds: {string.Join(", ", outcome.UnknownKinds)})";
            await console.Text.WriteLineAsync($"{outcome.Files} files, {outcome.Objects} objects, {outcome.Problems.Length} problems{ignored}");
        }

        return outcome.HasProblems ? ExitCode.Problems : ExitCode.Done;
    }
}
