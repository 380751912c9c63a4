using System.Net;
using System.Text.Json;
using WsIngress.Cli;

namespace WsIngress.Hosting;

/// <summary>What <c>connections</c> does: asks a running process by its admin API, and prints.</summary>
internal static class ConnectionInventory
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(ConnectionsOptions options, CliConsole console, CancellationToken stopping)
    {
        using var admin = new AdminClient(options.Admin);
        try
        {
            do
            {
                using var answer = await admin.OpenAsync(options.Verb is ConnectionsVerb.List or ConnectionsVerb.Show ? HttpMethod.Get : HttpMethod.Post, Path(options), stopping);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    await console.Notes.WriteLineAsync($"wsingress connections: {(await answer.Content.ReadAsStringAsync(stopping)).Trim()}");
                    return answer.StatusCode == HttpStatusCode.BadRequest ? ExitCode.Usage : ExitCode.Problems;
                }

                await using var body = await answer.Content.ReadAsStreamAsync(stopping);
                await PrintAsync(options, console, body, stopping);
                if (options.Watch)
                {
                    await Task.Delay(Again, TimeProvider.System, stopping);
                }
            }
            while (options.Watch);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            await console.Notes.WriteLineAsync($"wsingress connections: {broken.Message}");
            return ExitCode.Problems;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Ctrl-C ends a watch or a tap; nothing is wrong.
        }

        return ExitCode.Done;
    }

    /// <summary>A list as long as it may be goes on as it comes; a table has to see all of it, to be as wide as its widest cells.</summary>
    private static async Task PrintAsync(ConnectionsOptions options, CliConsole console, Stream body, CancellationToken stopping)
    {
        await console.Text.WriteAsync(Clear(options, console));
        if (options.Verb == ConnectionsVerb.Tap)
        {
            using var lines = new StreamReader(body);
            while (await lines.ReadLineAsync(stopping) is { } line)
            {
                await console.Text.WriteAsync(options.Output == OutputFormat.Json ? line + "\n" : TapText.Of(line));
            }
        }
        else if (options.Output == OutputFormat.Json)
        {
            await body.CopyToAsync(console.Output, stopping);
        }
        else
        {
            using var document = await JsonDocument.ParseAsync(body, cancellationToken: stopping);
            await console.Text.WriteAsync(Text(options.Verb, document.RootElement));
        }
    }

    private static string Path(ConnectionsOptions options)
    {
        var path = options.Verb switch
        {
            ConnectionsVerb.List => "/connections",
            ConnectionsVerb.Drain => "/connections/drain",
            ConnectionsVerb.Tap => $"/connections/{Uri.EscapeDataString(options.Id!)}/tap",
            ConnectionsVerb.Show => $"/connections/{Uri.EscapeDataString(options.Id!)}",
            _ => $"/connections/{Uri.EscapeDataString(options.Id!)}/close",
        };
        return path + AdminClient.Query(options.Query);
    }

    /// <summary>A table that is drawn again stands where it stood; where nobody watches a screen, one follows the other.</summary>
    private static string Clear(ConnectionsOptions options, CliConsole console) => options.Watch && console.OutputIsTerminal ? "\u001b[H\u001b[2J" : "";

    private static string Text(ConnectionsVerb verb, JsonElement answer) => verb switch
    {
        ConnectionsVerb.Close => "closing\n",
        ConnectionsVerb.Drain => $"{answer.GetProperty("draining").GetInt32()} sockets are being closed\n",
        _ => ConnectionsText.Write(answer.GetProperty("connections")),
    };
}
