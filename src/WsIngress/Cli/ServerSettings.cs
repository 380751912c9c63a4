using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy;

namespace WsIngress.Cli;

/// <summary>The settings that <c>run</c>, <c>demo</c> and <c>controller</c> share: the single list for flags, variables, file keys, help and defaults.</summary>
internal sealed class ServerSettings
{
    private readonly Setting<ListenAddress> _http;
    private readonly Setting<ListenAddress> _https;
    private readonly Setting<ListenAddress> _h2c;
    private readonly Setting<ListenAddress> _metrics;
    private readonly Setting<ListenAddress> _admin;
    private readonly Setting<TimeSpan> _drainWindow;
    private readonly Setting<bool> _accessLog;

    private readonly Setting<string?> _adminTokenFile = new(
        "admin-token-file", "FILE", "File with the token that the admin API wants; without it --admin takes loopback addresses alone", "", AdminFlags.TokenFileAllowed, AdminFlags.TryParseTokenFile);

    private readonly Setting<ImmutableArray<IPNetwork>> _trustedProxies = new(
        "trusted-proxies", "CIDR,...", "Peers whose X-Forwarded-* and X-Request-ID headers are kept", "", SettingParsers.CidrsAllowed, SettingParsers.Cidrs);

    private readonly Setting<ImmutableArray<IPNetwork>> _proxyProtocol = new(
        "proxy-protocol", "CIDR,...", "Peers that begin each connection with a PROXY protocol header", "", SettingParsers.CidrsAllowed, SettingParsers.Cidrs);

    private readonly Setting<TransportKind?> _transport = new(
        "transport", "auto|epoll|sockets", "What moves the bytes: own event loops, or Kestrel's sockets", "auto", SettingParsers.TransportAllowed, SettingParsers.Transport);

    private readonly Setting<int> _loops = new(
        "loops", "auto|N", "Event loops of --transport epoll", "auto", SettingParsers.LoopsAllowed, SettingParsers.Loops);

    private readonly Setting<HandshakeWay?> _handshake = new(
        "handshake", "auto|transport|kestrel", "Who reads the heads of WebSockets and of plain requests over HTTP/1.1", "auto", SettingParsers.HandshakeAllowed, SettingParsers.Handshake);

    private readonly Setting<string> _defaults = DefaultSetting.Create();

    private readonly Setting<int> _mostPerNamespace = new(
        "max-connections-per-namespace", "N", "Most open sockets of the Ingresses of one namespace together; 0 for no limit", "0", SettingParsers.CountAllowed, SettingParsers.Count);

    private readonly Setting<LogLevel> _logLevel = new(
        "log-level", "LEVEL", "Least severe log line that is written", "info", SettingParsers.LogLevelAllowed, SettingParsers.Level);

    private readonly Setting<LogFormat?> _logFormat = new(
        "log-format", "auto|text|json", "Form of log lines", "auto", SettingParsers.LogFormatAllowed, SettingParsers.Format);

    public ServerSettings(RunDefaults defaults)
    {
        _http = Listener("http", "HTTP/1.1 without TLS", defaults.Http, IPAddress.IPv6Any);
        _https = Listener("https", "HTTP/1.1 and HTTP/2 over TLS", defaults.Https, IPAddress.IPv6Any);
        _h2c = Listener("h2c", "HTTP/2 without TLS", "off", IPAddress.IPv6Any);
        _metrics = Listener("metrics", "/metrics, /healthz and /readyz", defaults.Metrics, IPAddress.IPv6Any);
        _admin = Listener("admin", "The admin API", defaults.Admin, IPAddress.Loopback);
        _drainWindow = Duration("drain-window", "A shutdown spreads its Close frames over this time", defaults.DrainWindow);
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
    public IEnumerable<Setting> All =>
    [
        _http, _https, _h2c, _metrics, _admin, _adminTokenFile, IngressClass, _trustedProxies, _proxyProtocol, DisableExternalName, _defaults, _mostPerNamespace,
        _drainWindow, _transport, _loops, _handshake, _accessLog, _logLevel, _logFormat,
    ];

    /// <summary>What cannot be used goes to the reader, the deadlines' sum included.</summary>
    /// <param name="reader">Where the values come from.</param>
    /// <param name="console">Decides the form of log lines where nothing else does.</param>
    /// <param name="delay">Of the deregistration.</param>
    /// <param name="deadline">Of a whole shutdown, with the setting that it comes from.</param>
    public ServerOptions Read(SettingReader reader, CliConsole console, TimeSpan delay, (TimeSpan Value, string Setting) deadline)
    {
        var options = new ServerOptions
        {
            Http = reader.Read(_http),
            Https = reader.Read(_https),
            H2c = reader.Read(_h2c),
            Metrics = reader.Read(_metrics),
            Admin = reader.Read(_admin),
            AdminTokenFile = reader.Read(_adminTokenFile) is { } file ? Path.GetFullPath(file, console.Directory) : null,
            IngressClass = reader.Read(IngressClass),
            TrustedProxies = reader.Read(_trustedProxies),
            ProxyProtocol = reader.Read(_proxyProtocol),
            DisableExternalName = reader.Read(DisableExternalName),
            Defaults = DefaultSetting.Read(reader, _defaults),
            MaxConnectionsPerNamespace = reader.Read(_mostPerNamespace),
            DrainWindow = reader.Read(_drainWindow),
            DrainDeadline = deadline.Value,
            DeregistrationDelay = delay,
            Transport = reader.Read(_transport),
            Loops = reader.Read(_loops),
            Handshake = reader.Read(_handshake),
            AccessLog = reader.Read(_accessLog),
            LogLevel = reader.Read(_logLevel),
            LogFormat = reader.Read(_logFormat) ?? (console.OutputIsTerminal ? LogFormat.Text : LogFormat.Json),
        };
        Check(options, deadline.Setting, reader);
        return options;
    }

    private static void Check(ServerOptions options, string deadline, SettingReader reader)
    {
        if (options.DrainDeadline < options.DeregistrationDelay + options.DrainWindow)
        {
            var delay = options.DeregistrationDelay > TimeSpan.Zero ? $" and --lb-deregistration-delay, {Seconds(options.DeregistrationDelay)}, together" : "";
            reader.Add($"{deadline}: {Seconds(options.DrainDeadline)} is shorter than --drain-window, {Seconds(options.DrainWindow)}{delay}; allowed: at least as long");
        }

        if (!options.Admin.IsOff && options.AdminTokenFile is null && (options.Admin.IsAllInterfaces || !IPAddress.IsLoopback(options.Admin.Address!)))
        {
            reader.Add($"--admin: {options.Admin} cannot be used; allowed: a loopback address, or any with --admin-token-file, since whoever reaches it may close every socket");
        }

        if (options.Http.IsOff && options.Https.IsOff && options.H2c.IsOff)
        {
            reader.Add("--http, --https and --h2c: all are off; allowed: at least one address");
        }
    }

    private static string Seconds(TimeSpan span) => $"{span.TotalSeconds:0.###} s";

    private static Setting<ListenAddress> Listener(string name, string description, string otherwise, IPAddress host) =>
        new(name, "[HOST:]PORT|off", description, otherwise, ListenAddress.Allowed, SettingParsers.Listen(host));

    public static Setting<TimeSpan> Duration(string name, string description, string otherwise) =>
        new(name, "DURATION", description, otherwise, DurationText.Allowed, DurationText.TryParse);
}
