using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>The settings that decide what manifests mean, for the commands that serve nothing, from the same three sources.</summary>
internal sealed class TranslationSettings
{
    private readonly Setting<string> _ingressClass = RunSettings.CreateIngressClass();
    private readonly Setting<bool> _disableExternalName = RunSettings.CreateDisableExternalName();

    public void AddTo(Command command)
    {
        command.Add(_ingressClass.Option);
        command.Add(_disableExternalName.Option);
    }

    /// <exception cref="UsageException">Names each that cannot be used.</exception>
    public (string IngressClass, bool DisableExternalName) Read(ParseResult parse, CliConsole console)
    {
        var file = SettingsFile.Load(console.Directory, null, new RunSettings(RunDefaults.Server).Keys);
        var reader = new SettingReader(parse, console.Environment, file);
        var result = (reader.Read(_ingressClass), reader.Read(_disableExternalName));
        reader.ThrowIfAny();
        return result;
    }
}
