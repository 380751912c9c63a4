using System.CommandLine;
using WsIngress.Translation.Annotations;

namespace WsIngress.Cli;

/// <summary>The settings that decide what manifests mean, for the commands that serve nothing, from the same three sources.</summary>
internal sealed class TranslationSettings
{
    private readonly Setting<string> _ingressClass = ServerSettings.CreateIngressClass();
    private readonly Setting<bool> _disableExternalName = ServerSettings.CreateDisableExternalName();
    private readonly Setting<string> _defaults = DefaultSetting.Create();

    public void AddTo(Command command)
    {
        command.Add(_ingressClass.Option);
        command.Add(_disableExternalName.Option);
        command.Add(_defaults.Option);
    }

    /// <exception cref="UsageException">Names each that cannot be used.</exception>
    public (string IngressClass, bool DisableExternalName, AnnotationDefaults Defaults) Read(ParseResult parse, CliConsole console)
    {
        var reader = new SettingReader(parse, console.Environment, SettingsFile.Load(console, null));
        var result = (reader.Read(_ingressClass), reader.Read(_disableExternalName), DefaultSetting.Read(reader, _defaults));
        reader.ThrowIfAny();
        return result;
    }
}
