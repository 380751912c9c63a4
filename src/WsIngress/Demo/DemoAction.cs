using WsIngress.Cli;

namespace WsIngress.Demo;

/// <summary>Runs the demo: ports checked, pods started, folder written, host run, and all of it gone at the end.</summary>
internal sealed class DemoAction(DemoOptions options, RunAction run, CliConsole console, TimeProvider time)
{
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        var taken = PortCheck.FindTaken(options.Run.Server);
        if (taken.Count > 0)
        {
            foreach (var sentence in taken)
            {
                console.Notes.WriteLine($"wsingress demo: {sentence}");
            }

            return ExitCode.Problems;
        }

        await using var pods = await DemoPods.StartAsync(time, stopping);
        var folder = Directory.CreateTempSubdirectory("wsingress-demo-").FullName;
        try
        {
            DemoManifests.Write(folder, pods.All, time);
            return await run(options.Run with { Manifests = folder }, Ready, stopping);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            console.Notes.WriteLine($"wsingress demo: stopped, {folder} removed");
        }

        void Ready(BoundListeners bound)
        {
            console.Text.Write(options.Output == OutputFormat.Json
                ? bound.ToJson("manifests", folder) + "\n"
                : DemoText.Write(folder, pods.All, bound, time.GetElapsedTime(started)));
        }
    }
}
