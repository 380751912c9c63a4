using System.Net;
using System.Text.Json;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Manifests;
using WsIngress.Translation;

namespace WsIngress.Hosting;

/// <summary>What <c>routes</c> does: prints the table of a folder, or that of a running process by its admin API.</summary>
internal static class RouteListing
{
    public static async Task<int> RunAsync(RoutesOptions options, CliConsole console, CancellationToken stopping)
    {
        string json;
        try
        {
            json = options.Manifests is { } folder ? Translate(folder, options) : await AskAsync(options, stopping);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            await console.Notes.WriteLineAsync($"wsingress routes: {broken.Message}{(options.Manifests is null ? " --manifests DIR shows the routes of a folder" : "")}");
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
        var translation = ManifestValidation.StandaloneOptions with { IngressClass = options.IngressClass, AllowExternalName = !options.DisableExternalName, Defaults = options.Defaults };
        return AdminJson.Routes(new ManifestValidation(snapshot => Translator.Translate(snapshot, translation)).Run([folder]).Result.Table);
    }

    private static async Task<string> AskAsync(RoutesOptions options, CancellationToken stopping)
    {
        using var admin = new AdminClient(options.Admin);
        var (status, text) = await admin.SendAsync(HttpMethod.Get, "/routes", stopping);
        return status == HttpStatusCode.OK ? text : throw new IOException($"the admin API at {options.Admin} answers {(int)status}: {text.Trim()}");
    }
}
