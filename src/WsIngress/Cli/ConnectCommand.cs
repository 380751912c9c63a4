using System.CommandLine;
using WsIngress.Client;

namespace WsIngress.Cli;

/// <summary><c>wsingress connect URL</c>: a WebSocket client for people and scripts.</summary>
internal static class ConnectCommand
{
    public static Command Create(CliConsole console, TimeProvider time)
    {
        var flags = new ConnectFlags();
        var command = new Command("connect", """
            Open a WebSocket, say who answered, send lines of standard input and print what comes.
            Messages go to standard output, everything else to standard error. Exit code 0 when it ended well,
            1 when the handshake was refused or the socket ended abnormally.
            """);
        flags.AddTo(command);
        command.SetAction((parse, stopping) =>
        {
            var options = flags.Read(parse);
            IConnectReport report = options.Json
                ? new JsonReport(console.Output)
                : new TextReport(console.Output, console.Notes, options.Binary);
            return ConnectAction.RunAsync(options, console.Input, report, time, stopping);
        });
        return command;
    }
}
