using System.CommandLine;

namespace WsIngress.Cli;

/// <summary><c>wsingress connections list|show|close|drain|tap</c>: the open sockets of a running process.</summary>
internal static class ConnectionsCommand
{
    public static Command Create(ConnectionsAction connections, CliConsole console) =>
        new("connections", "See, tap, close and drain the sockets of a running process")
        {
            List(connections, console),
            Show(connections, console),
            Close(connections, console),
            Drain(connections, console),
            Tap(connections, console),
        };

    private static Command List(ConnectionsAction connections, CliConsole console)
    {
        var filters = new ConnectionFlags();
        var closed = new Option<bool>("--closed") { Description = "Those that ended last instead of those that are open (up to 10,000)" };
        var limit = Text("--limit", "At most so many", "N");
        var watch = new Option<bool>("--watch", "-w") { Description = "Again every second, until Ctrl-C" };
        var command = new Command("list", "List open sockets, or those that ended last") { closed, limit, watch };
        filters.AddTo(command, hasOutput: true);
        command.SetAction((parse, stopping) => connections(
            filters.Read(parse, console, ConnectionsVerb.List, null, [("state", parse.GetValue(closed) ? "closed" : null), ("limit", parse.GetValue(limit))]) with { Watch = parse.GetValue(watch) }, console, stopping));
        return command;
    }

    private static Command Show(ConnectionsAction connections, CliConsole console)
    {
        var flags = new ConnectionFlags(hasFilters: false);
        var id = Id();
        var command = new Command("show", "Show one socket, open or among those that ended last, as JSON") { id };
        flags.AddTo(command, hasOutput: false);
        command.SetAction((parse, stopping) => connections(flags.Read(parse, console, ConnectionsVerb.Show, parse.GetValue(id), []), console, stopping));
        return command;
    }

    private static Command Close(ConnectionsAction connections, CliConsole console)
    {
        var flags = new ConnectionFlags(hasFilters: false);
        var (id, code, reason) = (Id(), Code(), Reason());
        var command = new Command("close", "Close one socket: both sides get a Close frame between two frames") { id, code, reason };
        flags.AddTo(command, hasOutput: true);
        command.SetAction((parse, stopping) => connections(
            flags.Read(parse, console, ConnectionsVerb.Close, parse.GetValue(id), [("code", parse.GetValue(code)), ("reason", parse.GetValue(reason))]), console, stopping));
        return command;
    }

    private static Command Drain(ConnectionsAction connections, CliConsole console)
    {
        var filters = new ConnectionFlags();
        var (code, reason) = (Code(), Reason());
        var window = Text("--window", "The time over which they are closed, evenly (default: 30s)", "DURATION");
        var command = new Command("drain", "Close many sockets one after the other; at least one filter says which") { window, code, reason };
        filters.AddTo(command, hasOutput: true);
        command.SetAction((parse, stopping) => connections(
            filters.Read(parse, console, ConnectionsVerb.Drain, null, [("window", parse.GetValue(window)), ("code", parse.GetValue(code)), ("reason", parse.GetValue(reason))]), console, stopping));
        return command;
    }

    private static Command Tap(ConnectionsAction connections, CliConsole console)
    {
        var flags = new ConnectionFlags(hasFilters: false);
        var id = Id();
        var payload = new Option<bool>("--payload") { Description = "The first 256 bytes of each payload too; the process logs who asked" };
        var length = Text("--for", "How long, up to 10m (default: 30s)", "DURATION");
        var command = new Command("tap", "Show the frames of one socket while they pass, headers alone unless asked for more") { id, payload, length };
        flags.AddTo(command, hasOutput: true);
        command.SetAction((parse, stopping) => connections(
            flags.Read(parse, console, ConnectionsVerb.Tap, parse.GetValue(id), [("payload", parse.GetValue(payload) ? "true" : null), ("for", parse.GetValue(length))]), console, stopping));
        return command;
    }

    private static Argument<string> Id() => new("ID") { Description = "As logs and the list name it" };

    private static Option<string?> Code() => Text("--code", "The Close code to the client (default: 1001)", "CODE");

    private static Option<string?> Reason() => Text("--reason", "Words for the Close reason of both sides, behind 'operator: '", "TEXT");

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };
}
