using WsIngress.Cli;
using WsIngress.Hosting;

// A pattern of an Ingress that would need tens of megabytes, or tenths of a second for a long path, is refused as too large. The engine reads it as an int alone.
AppContext.SetData("REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE", 2000);
using var signals = new TerminationSignals();
var console = CliConsole.ForProcess();
var actions = new CommandActions(
    Run: (options, ready, stopping) => new StandaloneHost(options, TimeProvider.System, console.Output).RunAsync(ready, stopping),
    Control: (options, ready, stopping) => new ControllerHost(options, TimeProvider.System, console.Output).RunAsync(ready, stopping),
    Validate: ManifestCheck.RunAsync,
    Routes: RouteListing.RunAsync,
    Connections: ConnectionInventory.RunAsync);
return await new CommandLine(actions, console, TimeProvider.System).InvokeAsync(args, signals.Stopping);
