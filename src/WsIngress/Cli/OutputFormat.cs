using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>How results are printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For scripts.</summary>
    Json,
}

/// <summary>The option <c>--output text|json</c>.</summary>
internal static class OutputFormatOption
{
    public static Option<string> Create() => new("--output", "-o")
    {
        Description = "text for people, json for scripts",
        HelpName = "text|json",
        DefaultValueFactory = _ => "text",
    };

    public static OutputFormat Read(ParseResult parse, Option<string> option) => parse.GetValue(option) switch
    {
        "text" => OutputFormat.Text,
        "json" => OutputFormat.Json,
        var other => throw new UsageException($"--output: '{other}' cannot be used; allowed: text or json"),
    };
}
