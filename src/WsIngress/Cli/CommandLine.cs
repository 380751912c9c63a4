using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>The command tree of <c>wsingress</c> and its one way in: arguments to exit code (see <see cref="ExitCode"/>).</summary>
internal sealed class CommandLine(CommandActions actions, CliConsole console, TimeProvider time)
{
    public async Task<int> InvokeAsync(string[] args, CancellationToken stopping)
    {
        var parse = CreateRoot().Parse(args);
        if (parse.Errors.Count > 0)
        {
            return Refuse([.. parse.Errors.Select(e => e.Message)], parse);
        }

        var configuration = new InvocationConfiguration
        {
            Output = console.Text,
            Error = console.Notes,
            EnableDefaultExceptionHandler = false,
            // Signals are ours (TerminationSignals): a drain may take as long as its deadline.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parse.InvokeAsync(configuration, stopping);
        }
        catch (UsageException e)
        {
            return Refuse(e.Errors, parse);
        }
    }

    internal RootCommand CreateRoot() => new("A Kubernetes ingress controller for WebSocket traffic")
    {
        DemoCommand.Create(actions.Run, console, time),
        RunCommand.Create(actions.Run, console, time),
        ControllerCommand.Create(actions.Control, console, time),
        EchoCommand.Create(console, time),
        ConnectCommand.Create(console, time),
        ValidateCommand.Create(actions.Validate, console),
        RoutesCommand.Create(actions.Routes, console),
        ConnectionsCommand.Create(actions.Connections, console),
    };

    private int Refuse(IReadOnlyList<string> errors, ParseResult parse)
    {
        foreach (var error in errors)
        {
            console.Notes.WriteLine($"wsingress: {error}");
        }

        var command = parse.CommandResult.Command;
        console.Notes.WriteLine($"Try 'wsingress {(command is RootCommand ? "" : command.Name + " ")}--help'.");
        return ExitCode.Usage;
    }
}
