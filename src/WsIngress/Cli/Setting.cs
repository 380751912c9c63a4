using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>Parses the text of a setting; false when it is not allowed.</summary>
internal delegate bool SettingParser<T>(string text, out T value);

/// <summary>
/// One option that can come from the command line, the environment or the settings file. Its name alone decides how it is written
/// in each: <c>--drain-window</c>, <c>WSINGRESS_DRAIN_WINDOW</c>, <c>DrainWindow</c>.
/// </summary>
internal abstract class Setting
{
    protected Setting(string name, string form, string description, bool isSwitch, bool isRepeated)
    {
        (Name, IsRepeated) = (name, isRepeated);
        Option = isRepeated ? new Option<string[]>(Flag) : new Option<string?>(Flag);
        Option.Description = description;
        Option.HelpName = form;
        Option.Arity = isRepeated ? ArgumentArity.OneOrMore : isSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne;
    }

    public string Name { get; }

    public string Flag => "--" + Name;

    public string Variable => "WSINGRESS_" + Name.Replace('-', '_').ToUpperInvariant();

    public string Key => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>Given several times its texts are lines of one; else the last one counts.</summary>
    public bool IsRepeated { get; }

    public Option Option { get; }
}

/// <summary>A setting with a value of type <typeparamref name="T"/>; the default is written as a user would and parsed the same way.</summary>
internal sealed class Setting<T> : Setting
{
    public Setting(string name, string form, string description, string? defaultText, string allowed, SettingParser<T> parser, bool isSwitch = false, bool isRepeated = false)
        : base(name, form, defaultText is { Length: > 0 } ? $"{description} (default: {defaultText})" : description, isSwitch, isRepeated)
    {
        DefaultText = defaultText;
        Allowed = allowed;
        Parser = parser;
    }

    /// <summary>Null for a setting that must be given.</summary>
    public string? DefaultText { get; }

    public string Allowed { get; }

    public SettingParser<T> Parser { get; }
}
