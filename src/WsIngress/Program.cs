using WsIngress.Cli;
using WsIngress.Hosting;

using var signals = new TerminationSignals();
var console = CliConsole.ForProcess();
var actions = new CommandActions(
    Run: (options, ready, stopping) => new StandaloneHost(options, TimeProvider.System, console.Output).RunAsync(ready, stopping),
    Control: (options, ready, stopping) => new ControllerHost(options, TimeProvider.System, console.Output).RunAsync(ready, stopping),
    Validate: ManifestCheck.RunAsync,
    Routes: RouteListing.RunAsync,
    Connections: ConnectionInventory.RunAsync);
return await new CommandLine(actions, console, TimeProvider.System).InvokeAsync(args, signals.Stopping);
