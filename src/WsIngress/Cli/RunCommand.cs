using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress run</c>: the proxy over a folder of manifests.</summary>
internal static class RunCommand
{
    public static Command Create(RunAction run, CliConsole console, TimeProvider time)
    {
        var settings = new RunSettings(RunDefaults.Server);
        var output = OutputFormatOption.Create();
        var command = new Command("run", """
            Serve a folder of Kubernetes manifests and follow every edit.
            Each option is also an environment variable (WSINGRESS_DRAIN_WINDOW) and a key of section WsIngress in
            appsettings.json (DrainWindow); a flag wins over a variable, a variable over the file.
            """);
        settings.AddTo(command, withManifests: true);
        command.Add(output);
        command.SetAction((parse, stopping) =>
        {
            var started = time.GetTimestamp();
            var options = settings.Read(parse, console, folder: null);
            var format = OutputFormatOption.Read(parse, output);
            return run(
                options,
                bound => console.Text.WriteLine(format == OutputFormat.Json
                    ? bound.ToJson("manifests", options.Manifests)
                    : $"wsingress ready in {time.GetElapsedTime(started).TotalMilliseconds:0} ms: {bound}"),
                stopping);
        });
        return command;
    }
}
