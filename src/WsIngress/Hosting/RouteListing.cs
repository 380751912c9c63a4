using System.Text.Json;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Manifests;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>What <c>routes</c> does: prints the table of a folder, or that of a running process by its admin API.</summary>
internal static class RouteListing
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(RoutesOptions options, CliConsole console, CancellationToken stopping)
    {
        string json;
        try
        {
            json = options.Manifests is { } folder ? Translate(folder, options) : await AskAsync(options, stopping);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or UnauthorizedAccessException or TaskCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            await console.Notes.WriteLineAsync(options.Manifests is null
                ? $"wsingress routes: no admin API answers at {options.Admin} ({broken.Message}); is wsingress running? --manifests DIR shows the routes of a folder"
                : $"wsingress routes: {broken.Message}");
            return ExitCode.Problems;
        }

        using var document = JsonDocument.Parse(json);
        if (options.Output == OutputFormat.Json)
        {
            await console.Text.WriteAsync(json.TrimEnd() + "\n");
        }
        else
        {
            await console.Text.WriteAsync(RoutesText.Write(document.RootElement.GetProperty("table")));
        }

        return ExitCode.Done;
    }

    private static string Translate(string folder, RoutesOptions options)
    {
        var translation = ManifestValidation.StandaloneOptions with { IngressClass = options.IngressClass, AllowExternalName = !options.DisableExternalName };
        return AdminJson.Routes(new ManifestValidation(snapshot => Translator.Translate(snapshot, translation)).Run([folder]).Result.Table);
    }

    private static async Task<string> AskAsync(RoutesOptions options, CancellationToken stopping)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        return await client.GetStringAsync(new Uri($"http://{options.Admin}/routes"), stopping);
    }
}
