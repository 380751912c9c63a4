namespace WsIngress.Cli;

/// <summary>Where a command reads and writes: results on <see cref="Output"/>, notes and errors on <see cref="Notes"/>.</summary>
internal sealed class CliConsole(Stream input, Stream output, TextWriter notes)
{
    public static CliConsole ForProcess() => new(Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Error)
    {
        OutputIsTerminal = !Console.IsOutputRedirected,
    };

    public Stream Input { get; } = input;

    public Stream Output { get; } = output;

    /// <summary><see cref="Output"/> as text, UTF-8 without a byte order mark, flushed by line.</summary>
    public TextWriter Text { get; } = TextWriter.Synchronized(new StreamWriter(output, leaveOpen: true) { AutoFlush = true, NewLine = "\n" });

    public TextWriter Notes { get; } = notes;

    public bool OutputIsTerminal { get; init; }

    /// <summary>The environment variables that options are read from.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The folder whose <c>appsettings.json</c> is read.</summary>
    public string Directory { get; init; } = System.Environment.CurrentDirectory;
}
