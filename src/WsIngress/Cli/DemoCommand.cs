using System.CommandLine;
using WsIngress.Demo;

namespace WsIngress.Cli;

/// <summary><c>wsingress demo</c>: two echo pods, manifests and the proxy in one process.</summary>
internal static class DemoCommand
{
    public static Command Create(RunAction run, CliConsole console, TimeProvider time)
    {
        var settings = new RunSettings(RunDefaults.Demo);
        var output = OutputFormatOption.Create();
        var command = new Command("demo", "Two echo pods, an Ingress and the proxy on this machine; Ctrl-C stops and removes it all") { output };
        settings.AddTo(command, withManifests: false);
        command.SetAction((parse, stopping) =>
        {
            // The folder exists only once the options are known to be good.
            var options = new DemoOptions(settings.Read(parse, console, folder: ""), OutputFormatOption.Read(parse, output));
            return new DemoAction(options, run, console, time).RunAsync(stopping);
        });
        return command;
    }
}
