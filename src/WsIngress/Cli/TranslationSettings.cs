using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>The settings that decide what manifests mean, for the commands that serve nothing, from the same three sources.</summary>
internal sealed class TranslationSettings
{
    private readonly Setting<string> _ingressClass = ServerSettings.CreateIngressClass();
    private readonly Setting<bool> _disableExternalName = ServerSettings.CreateDisableExternalName();

    public void AddTo(Command command)
    {
        command.Add(_ingressClass.Option);
        command.Add(_disableExternalName.Option);
    }

    /// <exception cref="UsageException">Names each that cannot be used.</exception>
    public (string IngressClass, bool DisableExternalName) Read(ParseResult parse, CliConsole console)
    {
        var reader = new SettingReader(parse, console.Environment, SettingsFile.Load(console, null));
        var result = (reader.Read(_ingressClass), reader.Read(_disableExternalName));
        reader.ThrowIfAny();
        return result;
    }
}
