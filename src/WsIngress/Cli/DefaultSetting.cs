using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>
/// <c>--default NAME=VALUE</c>, given as often as needed; in a variable joined by commas, in the settings file an object of names and values. What follows a
/// comma without a name of its own belongs to the value before it.
/// </summary>
internal static class DefaultSetting
{
    public const string Name = "default";

    private const string Allowed = "NAME=VALUE with the name of an annotation without its prefix, such as drain-window=30s";

    public static Setting<string> Create() => new(
        Name, "NAME=VALUE", "What an annotation says where no object sets it; may be given several times", "", Allowed, SettingParsers.Text, isRepeated: true);

    public static AnnotationDefaults Read(SettingReader reader, Setting<string> setting)
    {
        var pairs = new List<(string Name, string Text)>();
        foreach (var part in reader.Read(setting).Split(['\n', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                pairs.Add((part[..equals].TrimEnd(), part[(equals + 1)..].TrimStart()));
            }
            else if (equals < 0 && pairs.Count > 0)
            {
                pairs[^1] = (pairs[^1].Name, $"{pairs[^1].Text},{part}");
            }
            else
            {
                reader.Add($"{setting.Flag}: '{part}' cannot be used; allowed: {setting.Allowed}");
            }
        }

        var errors = new List<string>();
        var defaults = AnnotationDefaults.Read(pairs, errors);
        foreach (var error in errors)
        {
            reader.Add($"{setting.Flag}: {error}");
        }

        return defaults;
    }
}
