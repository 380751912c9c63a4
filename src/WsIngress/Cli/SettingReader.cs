using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>
/// Reads settings by precedence: flag, environment variable, settings file, default. Collects every error, so that one run names
/// all that is wrong; <see cref="ThrowIfAny"/> ends the reading.
/// </summary>
internal sealed class SettingReader(ParseResult parse, Func<string, string?> environment, SettingsFile file)
{
    private readonly List<string> _errors = [];

    public T Read<T>(Setting<T> setting)
    {
        var (source, text) = Find(setting);
        if (text is null)
        {
            _errors.Add($"{setting.Flag} is missing (also {setting.Variable}, or {setting.Key} in {SettingsFile.Section} of {SettingsFile.DefaultName}); allowed: {setting.Allowed}");
            return default!;
        }

        if (!setting.Parser(text, out var value))
        {
            _errors.Add($"{source}: '{text}' cannot be used; allowed: {setting.Allowed}");
        }

        return value;
    }

    public void Add(string error) => _errors.Add(error);

    /// <exception cref="UsageException">Something that was read cannot be used.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new UsageException(_errors);
        }
    }

    private (string Source, string? Text) Find<T>(Setting<T> setting)
    {
        if (parse.GetResult(setting.Option) is { Implicit: false } flag)
        {
            // A switch may stand alone.
            return (setting.Flag, flag.Tokens.Count == 0 ? "on" : setting.IsRepeated ? string.Join('\n', flag.Tokens.Select(token => token.Value)) : flag.Tokens[^1].Value);
        }

        // An empty variable is how a manifest unsets one.
        if (environment(setting.Variable) is { Length: > 0 } variable)
        {
            return ($"environment variable {setting.Variable}", variable);
        }

        return file.Find(setting.Key) is { } entry
            ? ($"{file.Path}: {SettingsFile.Section}:{setting.Key}", entry)
            : ("default", setting.DefaultText);
    }
}
