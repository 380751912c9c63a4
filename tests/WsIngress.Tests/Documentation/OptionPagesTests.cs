using System.Text.RegularExpressions;
using WsIngress.Tests.Cli;
using Xunit;

namespace WsIngress.Tests.Documentation;

/// <summary>The tables of options hold what the commands take, and no more; their defaults are the program's.</summary>
public sealed class OptionPagesTests
{
    private const string RunTable = "## Options of `wsingress run`";
    private readonly Page _cli = new("cli.md");
    private readonly Page _configuration = new("configuration.md");

    [Fact]
    public void Run() => Assert.Equal(Taken("run"), Explained(_configuration.Rows(RunTable)));

    [Fact]
    public void Controller_has_those_of_run_but_the_named_ones_and_its_own()
    {
        const string Heading = "## controller";
        var without = Page.Quoted(Regex.Match(_cli.Section(Heading), @"It has the options of.*?but (.*?), and:").Groups[1].Value).ToArray();

        Assert.Equal(Taken("run").Except(Taken("controller")), without.Order());
        Assert.Equal(Taken("controller").Except(Taken("run")), Explained(_cli.Rows(Heading)));
    }

    [Fact]
    public void Demo_has_those_of_run_but_the_named_one() => Assert.Equal(
        Taken("run").Except(Taken("demo")),
        Page.Quoted(Regex.Match(_cli.Section("## demo"), @"every option of.*?but (.*?);").Groups[1].Value));

    [Theory]
    [InlineData("echo")]
    [InlineData("connect")]
    [InlineData("validate")]
    [InlineData("routes")]
    public void The_other_commands(string command) => Assert.Equal(Taken(command), Explained(_cli.Rows($"## {command}")));

    [Fact]
    public void Defaults() => Assert.All(
        _configuration.Rows(RunTable).Select(row => ("run", row)).Concat(_cli.Rows("## controller").Select(row => ("controller", row))), pair =>
        {
            var (command, row) = pair;
            var (flags, told) = (Names(row[0]).ToArray(), Regex.Replace(row[1], @" \(.*\)", "").Split(", ").Select(text => text.Trim('`')).ToArray());
            foreach (var (flag, i) in flags.Select((flag, i) => (flag, i)))
            {
                if (Default(command, flag) is { } expected)
                {
                    Assert.Equal($"{flag} {expected}", $"{flag} {told[told.Length == flags.Length ? i : 0]}");
                }
            }
        });

    [Fact]
    public void Every_command_has_a_section()
    {
        var commands = new CliRun().Commands.Select(c => c.Name).Order().ToArray();
        Assert.Equal(commands, _cli.Rows("# The commands").Select(row => Regex.Match(row[0], @"^\[`(\w+)`\]\(#\1\)$").Groups[1].Value).Where(name => name.Length > 0).Order());
        Assert.All(commands, name => _cli.Section($"## {name}"));
    }

    /// <summary>Options with their aliases, and arguments.</summary>
    private static IEnumerable<string> Taken(string name)
    {
        var command = new CliRun().Command(name);
        return command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Concat(command.Arguments.Select(a => a.Name)).Order();
    }

    private static IEnumerable<string> Explained(IEnumerable<string[]> rows) => rows.SelectMany(row => Names(row[0])).Order();

    /// <summary>The names that a cell begins or continues its quoted parts with: <c>`-o`, `--output text\|json`</c> has two.</summary>
    private static IEnumerable<string> Names(string cell) => Page.Quoted(cell).Select(text => Regex.Match(text, "^(--?[a-zA-Z0-9-]+|[A-Z]+)").Value);

    /// <summary>The default that the help tells, when it is one word.</summary>
    private static string? Default(string command, string flag)
    {
        var description = new CliRun().Command(command).Options.Single(o => o.Name == flag || o.Aliases.Contains(flag)).Description;
        return Regex.Match(description ?? "", @"\(default: (\S+)\)$") is { Success: true } match ? match.Groups[1].Value : null;
    }
}
