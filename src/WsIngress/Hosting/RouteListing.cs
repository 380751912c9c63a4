using System.IO.Pipelines;
using System.Net;
using System.Text;
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
            json = options.Manifests is { } folder ? await TranslateAsync(folder, options, stopping) : await AskAsync(options, stopping);
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
            await console.Text.WriteAsync(options.Effective ? EffectiveText.Write(document.RootElement.GetProperty("routes")) : RoutesText.Write(document.RootElement.GetProperty("table")));
        }

        return ExitCode.Done;
    }

    private static async Task<string> TranslateAsync(string folder, RoutesOptions options, CancellationToken stopping)
    {
        var translation = ManifestValidation.StandaloneOptions with { IngressClass = options.IngressClass, AllowExternalName = !options.DisableExternalName, Defaults = options.Defaults };
        var objects = ClusterSnapshot.Empty;
        var table = new ManifestValidation(snapshot => Translator.Translate(objects = snapshot, translation)).Run([folder]).Result.Table;
        if (!options.Effective)
        {
            return AdminJson.Routes(table);
        }

        using var text = new MemoryStream();
        var output = PipeWriter.Create(text, new StreamPipeWriterOptions(leaveOpen: true));
        string? Value(string name) => options.Query.FirstOrDefault(pair => pair.Name == name).Value;
        await new EffectiveRoutes(table, objects, options.Defaults).WriteAsync(output, new(Value("host"), Value("ingress"), Value("namespace")), stopping);
        await output.CompleteAsync();
        return Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private static async Task<string> AskAsync(RoutesOptions options, CancellationToken stopping)
    {
        using var admin = new AdminClient(options.Admin);
        var (status, text) = await admin.SendAsync(HttpMethod.Get, (options.Effective ? "/routes/effective" : "/routes") + AdminClient.Query(options.Query), stopping);
        return status == HttpStatusCode.OK ? text : throw new IOException($"the admin API at {options.Admin.EndPoint} answers {(int)status}: {text.Trim()}");
    }
}
