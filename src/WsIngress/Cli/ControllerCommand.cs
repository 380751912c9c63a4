using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress controller</c>: the proxy over the Ingresses of a cluster.</summary>
internal static class ControllerCommand
{
    public static Command Create(ControllerAction control, CliConsole console, TimeProvider time)
    {
        var settings = new ControllerSettings();
        var output = OutputFormatOption.Create();
        var command = new Command("controller", """
            Serve the Ingresses of a Kubernetes cluster and follow every change. The Helm chart runs this.
            Each option is also an environment variable (WSINGRESS_DRAIN_WINDOW) and a key of section WsIngress in
            appsettings.json (DrainWindow); a flag wins over a variable, a variable over the file.
            """);
        settings.AddTo(command);
        command.Add(output);
        command.SetAction((parse, stopping) =>
        {
            var started = time.GetTimestamp();
            var options = settings.Read(parse, console);
            var format = OutputFormatOption.Read(parse, output);
            return control(
                options,
                (bound, server) => console.Text.WriteLine(format == OutputFormat.Json
                    ? bound.ToJson("server", server)
                    : $"wsingress ready in {time.GetElapsedTime(started).TotalMilliseconds:0} ms, following {server}: {bound}"),
                stopping);
        });
        return command;
    }
}
