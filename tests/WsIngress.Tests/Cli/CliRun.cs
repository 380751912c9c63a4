using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using WsIngress.Cli;

namespace WsIngress.Tests.Cli;

/// <summary>One run of the command line in this process: arguments, standard input and variables in; exit code and both outputs out.</summary>
internal sealed class CliRun
{
    public Dictionary<string, string> Variables { get; } = [];

    public string Directory { get; set; } = Path.GetTempPath();

    public Stream Input { get; set; } = new MemoryStream();

    public RunAction Run { get; set; } = (_, _, _) => throw new InvalidOperationException("run was not expected");

    public ControllerAction Control { get; set; } = (_, _, _) => throw new InvalidOperationException("controller was not expected");

    public ValidateAction Validate { get; set; } = (_, _, _) => throw new InvalidOperationException("validate was not expected");

    public RoutesAction Routes { get; set; } = (_, _, _) => throw new InvalidOperationException("routes was not expected");

    public ConnectionsAction Connections { get; set; } = (_, _, _) => throw new InvalidOperationException("connections was not expected");

    public RecordedOutput RawOutput { get; } = new();

    public string Output => RawOutput.Text;

    private readonly StringWriter _notes = new();

    public string Notes => _notes.ToString();

    public IReadOnlyList<JsonNode> Events => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    public JsonNode Event(string name) => Events.Single(e => (string?)e["event"] == name);

    public async Task<int> InvokeAsync(params string[] args) => await InvokeAsync(CancellationToken.None, args);

    public Task<int> InvokeAsync(CancellationToken stopping, params string[] args) => Create().InvokeAsync(args, stopping);

    /// <summary>A command as its help shows it.</summary>
    public Command Command(string name) => Commands.Single(c => c.Name == name);

    public IEnumerable<Command> Commands => Create().CreateRoot().Subcommands;

    private CommandLine Create()
    {
        var console = new CliConsole(Input, RawOutput, TextWriter.Synchronized(_notes))
        {
            Environment = name => Variables.GetValueOrDefault(name),
            Directory = Directory,
        };
        return new CommandLine(new CommandActions(Run, Control, Validate, Routes, Connections), console, TimeProvider.System);
    }

    /// <summary>The options that <c>run</c> ends up with, without running anything.</summary>
    public async Task<ServerOptions> ReadRunAsync(params string[] args) => (await ReadWholeRunAsync(args)).Server;

    public async Task<RunOptions> ReadWholeRunAsync(params string[] args)
    {
        RunOptions? seen = null;
        Run = (options, _, _) =>
        {
            seen = options;
            return Task.FromResult(0);
        };
        var code = await InvokeAsync(["run", "--manifests", ".", .. args]);
        return code == 0 ? seen! : throw new JsonException($"exit code {code}: {Notes}");
    }

    /// <summary>The options that <c>controller</c> ends up with, without running anything.</summary>
    public async Task<ControllerOptions> ReadControllerAsync(params string[] args)
    {
        ControllerOptions? seen = null;
        Control = (options, _, _) =>
        {
            seen = options;
            return Task.FromResult(0);
        };
        var code = await InvokeAsync(["controller", .. args]);
        return code == 0 ? seen! : throw new JsonException($"exit code {code}: {Notes}");
    }
}
