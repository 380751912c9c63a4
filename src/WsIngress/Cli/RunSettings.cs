using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;

namespace WsIngress.Cli;

/// <summary>The settings of <c>run</c> and, without the folder, of <c>demo</c>: the single list for flags, variables, file keys, help and defaults.</summary>
internal sealed class RunSettings
{
    private readonly Setting<ListenAddress> _http;
    private readonly Setting<ListenAddress> _https;
    private readonly Setting<ListenAddress> _h2c;
    private readonly Setting<ListenAddress> _metrics;
    private readonly Setting<ListenAddress> _admin;
    private readonly Setting<TimeSpan> _drainWindow;
    private readonly Setting<TimeSpan> _drainDeadline;
    private readonly Setting<bool> _accessLog;

    private readonly Setting<string> _manifests = new(
        "manifests", "DIR", "The folder of Kubernetes manifests to serve and follow", null, SettingParsers.DirectoryAllowed, SettingParsers.Text);

    private readonly Setting<ImmutableArray<IPNetwork>> _trustedProxies = new(
        "trusted-proxies", "CIDR,...", "Peers whose X-Forwarded-* and X-Request-ID headers are kept", "", SettingParsers.CidrsAllowed, SettingParsers.Cidrs);

    private readonly Setting<ImmutableArray<IPNetwork>> _proxyProtocol = new(
        "proxy-protocol", "CIDR,...", "Peers that begin each connection with a PROXY protocol header", "", SettingParsers.CidrsAllowed, SettingParsers.Cidrs);

    private readonly Setting<LogLevel> _logLevel = new(
        "log-level", "LEVEL", "Least severe log line that is written", "info", SettingParsers.LogLevelAllowed, SettingParsers.Level);

    private readonly Setting<LogFormat?> _logFormat = new(
        "log-format", "auto|text|json", "Form of log lines", "auto", SettingParsers.LogFormatAllowed, SettingParsers.Format);

    private readonly Option<string?> _config = new("--config")
    {
        Description = $"Settings file (default: {SettingsFile.DefaultName} here, when there is one; also WSINGRESS_CONFIG)",
        HelpName = "FILE",
    };

    public RunSettings(RunDefaults defaults)
    {
        _http = Listener("http", "HTTP/1.1 without TLS", defaults.Http, IPAddress.IPv6Any);
        _https = Listener("https", "HTTP/1.1 and HTTP/2 over TLS", defaults.Https, IPAddress.IPv6Any);
        _h2c = Listener("h2c", "HTTP/2 without TLS", "off", IPAddress.IPv6Any);
        _metrics = Listener("metrics", "/metrics, /healthz and /readyz", defaults.Metrics, IPAddress.IPv6Any);
        _admin = Listener("admin", "The admin API", defaults.Admin, IPAddress.Loopback);
        _drainWindow = Duration("drain-window", "A shutdown spreads its Close frames over this time", defaults.DrainWindow);
        _drainDeadline = Duration("drain-deadline", "A shutdown ends after this time though sockets are open", defaults.DrainDeadline);
        _accessLog = new(
            "access-log", "on|off", "One log line per request, two per WebSocket", defaults.AccessLog, SettingParsers.SwitchAllowed, SettingParsers.Switch);
    }

    public static Setting<string> CreateIngressClass() => new(
        "ingress-class", "NAME", "Name of the IngressClass that is ours", "wsingress", SettingParsers.ClassAllowed, SettingParsers.ClassName);

    public static Setting<bool> CreateDisableExternalName() => new(
        "disable-external-name", "on|off", "Serve no Service of type ExternalName", "off", SettingParsers.SwitchAllowed, SettingParsers.Switch, isSwitch: true);

    private Setting<string> IngressClass { get; } = CreateIngressClass();

    private Setting<bool> DisableExternalName { get; } = CreateDisableExternalName();

    /// <summary>In the order of the help.</summary>
    private IEnumerable<Setting> All =>
    [
        _manifests, _http, _https, _h2c, _metrics, _admin, IngressClass, _trustedProxies, _proxyProtocol, DisableExternalName,
        _drainWindow, _drainDeadline, _accessLog, _logLevel, _logFormat,
    ];

    /// <summary>Every name that may stand in a settings file.</summary>
    public IReadOnlyCollection<string> Keys => [.. All.Select(s => s.Key)];

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
        var asked = parse.GetValue(_config) ?? console.Environment("WSINGRESS_CONFIG");
        var file = SettingsFile.Load(console.Directory, string.IsNullOrEmpty(asked) ? null : asked, Keys);
        var reader = new SettingReader(parse, console.Environment, file);
        var options = new RunOptions
        {
            Manifests = folder ?? ReadFolder(reader, console.Directory),
            Http = reader.Read(_http),
            Https = reader.Read(_https),
            H2c = reader.Read(_h2c),
            Metrics = reader.Read(_metrics),
            Admin = reader.Read(_admin),
            IngressClass = reader.Read(IngressClass),
            TrustedProxies = reader.Read(_trustedProxies),
            ProxyProtocol = reader.Read(_proxyProtocol),
            DisableExternalName = reader.Read(DisableExternalName),
            DrainWindow = reader.Read(_drainWindow),
            DrainDeadline = reader.Read(_drainDeadline),
            AccessLog = reader.Read(_accessLog),
            LogLevel = reader.Read(_logLevel),
            LogFormat = reader.Read(_logFormat) ?? (console.OutputIsTerminal ? LogFormat.Text : LogFormat.Json),
        };
        Check(options, reader);
        reader.ThrowIfAny();
        return options;
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

    private static void Check(RunOptions options, SettingReader reader)
    {
        if (options.DrainDeadline < options.DrainWindow)
        {
            reader.Add($"--drain-deadline: {options.DrainDeadline.TotalSeconds:0.###} s is shorter than --drain-window, {options.DrainWindow.TotalSeconds:0.###} s; allowed: at least as long");
        }

        if (!options.Admin.IsOff && (options.Admin.IsAllInterfaces || !IPAddress.IsLoopback(options.Admin.Address!)))
        {
            reader.Add($"--admin: {options.Admin} cannot be used; allowed: a loopback address, since the admin API has no authentication");
        }

        if (options.Http.IsOff && options.Https.IsOff && options.H2c.IsOff)
        {
            reader.Add("--http, --https and --h2c: all are off; allowed: at least one address");
        }
    }

    private static Setting<ListenAddress> Listener(string name, string description, string otherwise, IPAddress host) =>
        new(name, "[HOST:]PORT|off", description, otherwise, ListenAddress.Allowed, SettingParsers.Listen(host));

    private static Setting<TimeSpan> Duration(string name, string description, string otherwise) =>
        new(name, "DURATION", description, otherwise, DurationText.Allowed, DurationText.TryParse);
}
