using WsIngress.Cli;

using var signals = new TerminationSignals();
return await new CommandLine(CliConsole.ForProcess(), TimeProvider.System).InvokeAsync(args, signals.Stopping);
