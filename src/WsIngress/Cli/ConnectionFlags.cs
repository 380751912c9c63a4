using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>The options that the commands about sockets share.</summary>
internal sealed class ConnectionFlags
{
    private readonly AdminFlags _admin = new();
    private readonly Option<string> _output = OutputFormatOption.Create();
    private readonly (string Name, Option<string?> Option)[] _filters;
    private bool _hasOutput;

    public ConnectionFlags(bool hasFilters = true) => _filters = !hasFilters ? [] :
    [
        Filter("namespace", "Sockets of Ingresses of this namespace", "NAMESPACE"),
        Filter("ingress", "Sockets of this Ingress", "[NAMESPACE/]NAME"),
        Filter("service", "Sockets to pods of this Service", "NAME"),
        Filter("pod", "Sockets of this pod", "NAME|ADDRESS:PORT"),
        Filter("client", "Sockets of this client, or of a network of clients", "ADDRESS|CIDR"),
        Filter("host", "Sockets that asked for this host", "HOST"),
        Filter("route", "Sockets that the rule with this path took", "PATH"),
        Filter("min-age", "Sockets at least as old", "DURATION"),
        Filter("max-age", "Sockets at most as old", "DURATION"),
    ];

    public void AddTo(Command command, bool hasOutput)
    {
        foreach (var (_, option) in _filters)
        {
            command.Add(option);
        }

        _admin.AddTo(command);
        _hasOutput = hasOutput;
        if (hasOutput)
        {
            command.Add(_output);
        }
    }

    /// <param name="parse">The command line.</param>
    /// <param name="console">Its variables and its folder.</param>
    /// <param name="verb">The command.</param>
    /// <param name="id">Of one socket, or null.</param>
    /// <param name="more">Values of the command's own; null ones are left out.</param>
    /// <exception cref="UsageException">An option cannot be used.</exception>
    public ConnectionsOptions Read(ParseResult parse, CliConsole console, ConnectionsVerb verb, string? id, IEnumerable<(string Name, string? Value)> more) => new()
    {
        Verb = verb,
        Id = id,
        Admin = _admin.Read(parse, console),
        Query = [.. _filters.Select(filter => (filter.Name, Value: parse.GetValue(filter.Option))).Concat(more).Where(pair => pair.Value is not null).Select(pair => (pair.Name, pair.Value!))],
        Output = _hasOutput ? OutputFormatOption.Read(parse, _output) : OutputFormat.Json,
    };

    private static (string, Option<string?>) Filter(string name, string description, string help) => (name, new("--" + name) { Description = description, HelpName = help });
}
