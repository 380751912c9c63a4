using System.CommandLine;

namespace WsIngress.Cli;

/// <summary>The settings of <c>run</c> and, without the folder, of <c>demo</c>.</summary>
internal sealed class RunSettings(RunDefaults defaults)
{
    private readonly ServerSettings _server = new(defaults);
    private readonly Option<string?> _config = SettingsFile.CreateOption();

    private readonly Setting<string> _manifests = new(
        "manifests", "DIR", "The folder of Kubernetes manifests to serve and follow", null, SettingParsers.DirectoryAllowed, SettingParsers.Text);

    private readonly Setting<TimeSpan> _drainDeadline =
        ServerSettings.Duration("drain-deadline", "A shutdown ends after this time though sockets are open", defaults.DrainDeadline);

    /// <summary>In the order of the help.</summary>
    public IEnumerable<Setting> All => [_manifests, .. _server.All, _drainDeadline];

    public void AddTo(Command command, bool withManifests)
    {
        foreach (var setting in All.Where(s => withManifests || s != _manifests))
        {
            command.Add(setting.Option);
        }

        command.Add(_config);
    }

    /// <summary><paramref name="folder"/> stands for <c>--manifests</c> when it is not null.</summary>
    /// <exception cref="UsageException">Names every setting that cannot be used.</exception>
    public RunOptions Read(ParseResult parse, CliConsole console, string? folder)
    {
        var reader = new SettingReader(parse, console.Environment, SettingsFile.Load(console, parse.GetValue(_config)));
        var manifests = folder ?? ReadFolder(reader, console.Directory);
        var server = _server.Read(reader, console, TimeSpan.Zero, (reader.Read(_drainDeadline), _drainDeadline.Flag));
        reader.ThrowIfAny();
        return new(server, manifests);
    }

    private string ReadFolder(SettingReader reader, string directory)
    {
        var text = reader.Read(_manifests);
        var path = Path.GetFullPath(text ?? "", directory);
        if (text is not null && !Directory.Exists(path))
        {
            reader.Add($"{_manifests.Flag}: '{text}' cannot be used; allowed: {SettingParsers.DirectoryAllowed}");
        }

        return path;
    }
}
