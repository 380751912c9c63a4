using WsIngress.Cli;

using var signals = new TerminationSignals();
var actions = new CommandActions(
    Run: (_, _, _) => throw new InvalidOperationException("'run' is not wired to the host yet"),
    Validate: (_, _, _) => throw new InvalidOperationException("'validate' is not wired to the translator yet"),
    Routes: (_, _, _) => throw new InvalidOperationException("'routes' is not wired to the translator yet"));
return await new CommandLine(actions, CliConsole.ForProcess(), TimeProvider.System).InvokeAsync(args, signals.Stopping);
