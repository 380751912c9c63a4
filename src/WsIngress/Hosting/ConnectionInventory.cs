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
                var (status, text) = await admin.SendAsync(options.Verb is ConnectionsVerb.Close or ConnectionsVerb.Drain ? HttpMethod.Post : HttpMethod.Get, Path(options), stopping);
                if (status != HttpStatusCode.OK)
                {
                    await console.Notes.WriteLineAsync($"wsingress connections: {text.Trim()}");
                    return status == HttpStatusCode.BadRequest ? ExitCode.Usage : ExitCode.Problems;
                }

                await console.Text.WriteAsync(Clear(options, console) + (options.Output == OutputFormat.Json ? text.TrimEnd() + "\n" : Text(options.Verb, text)));
                if (options.Watch)
                {
                    await Task.Delay(Again, TimeProvider.System, stopping);
                }
            }
            while (options.Watch);
        }
        catch (IOException broken)
        {
            await console.Notes.WriteLineAsync($"wsingress connections: {broken.Message}");
            return ExitCode.Problems;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Ctrl-C ends a watch; nothing is wrong.
        }

        return ExitCode.Done;
    }

    private static string Path(ConnectionsOptions options)
    {
        var path = options.Verb switch
        {
            ConnectionsVerb.List => "/connections",
            ConnectionsVerb.Drain => "/connections/drain",
            ConnectionsVerb.Show => $"/connections/{Uri.EscapeDataString(options.Id!)}",
            _ => $"/connections/{Uri.EscapeDataString(options.Id!)}/close",
        };
        return path + AdminClient.Query(options.Query);
    }

    /// <summary>A table that is drawn again stands where it stood; where nobody watches a screen, one follows the other.</summary>
    private static string Clear(ConnectionsOptions options, CliConsole console) => options.Watch && console.OutputIsTerminal ? "\u001b[H\u001b[2J" : "";

    private static string Text(ConnectionsVerb verb, string json)
    {
        using var document = JsonDocument.Parse(json);
        return verb switch
        {
            ConnectionsVerb.Close => "closing\n",
            ConnectionsVerb.Drain => $"{document.RootElement.GetProperty("draining").GetInt32()} sockets are being closed\n",
            _ => ConnectionsText.Write(document.RootElement.GetProperty("connections")),
        };
    }
}
