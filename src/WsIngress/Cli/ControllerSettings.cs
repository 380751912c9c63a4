using System.Collections.Immutable;
using System.CommandLine;
using WsIngress.Cluster;
using WsIngress.Sources;

namespace WsIngress.Cli;

/// <summary>The settings of <c>controller</c>, with their defaults.</summary>
internal sealed class ControllerSettings
{
    /// <summary>The process must be gone before the kubelet kills it.</summary>
    private static readonly TimeSpan GraceMargin = TimeSpan.FromSeconds(2);

    private readonly ServerSettings _server = new(RunDefaults.Server);
    private readonly Option<string?> _config = SettingsFile.CreateOption();

    private readonly Setting<string?> _kubeconfig = Optional(
        "kubeconfig", "FILE", "How to reach the API server (default: the pod's service account, else KUBECONFIG, else ~/.kube/config)", "a file that exists", ClusterText.Any);

    private readonly Setting<string?> _context = Optional("context", "NAME", "Context of the kubeconfig (default: its current one)", "a context's name", ClusterText.Any);

    private readonly Setting<string> _controllerName = new(
        "controller-name", "NAME", "spec.controller of the IngressClasses that are ours", "wsingress.io/ingress-controller", ClusterText.ControllerNameAllowed, ClusterText.ControllerName);

    private readonly Setting<bool> _withoutClass = Switch("watch-ingress-without-class", "Take Ingresses that name no class", "off");
    private readonly Setting<bool> _classByName = Switch("ingress-class-by-name", "Take Ingresses that name --ingress-class though no such IngressClass exists", "off");
    private readonly Setting<bool> _noClassLookup = Switch("disable-ingress-class-lookup", "Read no IngressClass, which needs a cluster-wide right; implies --ingress-class-by-name", "off");

    private readonly Setting<ImmutableArray<string>> _namespaces = new(
        "watch-namespace", "NS,...", "Read objects of these namespaces alone, by namespaced requests (default: all)", "", ClusterText.NamespacesAllowed, ClusterText.Namespaces);

    private readonly Setting<string?> _namespaceSelector = Optional(
        "watch-namespace-selector", "SELECTOR", "Take Ingresses of namespaces with these labels alone", ClusterText.SelectorAllowed, ClusterText.Selector);

    private readonly Setting<ObjectKey?> _defaultCertificate = new(
        "default-ssl-certificate", "NS/NAME", "Secret with the certificate for hosts that have none (default: self-signed)", "", ClusterText.KeyAllowed, ClusterText.Key);

    private readonly Setting<bool> _updateStatus = Switch("update-status", "Write the addresses of this ingress into the status of its Ingresses", "on");

    private readonly Setting<ObjectKey?> _publishService = new(
        "publish-service", "NS/NAME", "The Service whose addresses go into the status", "", ClusterText.KeyAllowed, ClusterText.Key);

    private readonly Setting<ImmutableArray<string>> _publishAddress = new(
        "publish-status-address", "ADDRESS,...", "These addresses go into the status; wins over --publish-service", "", ClusterText.AddressesAllowed, ClusterText.Addresses);

    private readonly Setting<string?> _publishPods = Optional(
        "publish-pod-selector", "SELECTOR", "The nodes' addresses of the own namespace's pods with these labels go into the status", ClusterText.SelectorAllowed, ClusterText.Selector);

    private readonly Setting<bool> _clearStatus = Switch("update-status-on-shutdown", "The last replica takes the addresses out of the status when it ends", "off");
    private readonly Setting<bool> _election = Switch("leader-election", "Write status and Events only while holding a Lease", "on");

    private readonly Setting<string> _electionId = new(
        "election-id", "NAME", "Name of the Lease, in the own namespace", "wsingress-leader", SettingParsers.ClassAllowed, SettingParsers.ClassName);

    private readonly Setting<TimeSpan> _leaseDuration = ServerSettings.Duration("lease-duration", "Another replica may lead this long after the leader's last sign of life", "15s");
    private readonly Setting<TimeSpan> _renewDeadline = ServerSettings.Duration("lease-renew-deadline", "A leader that cannot renew for this long stops leading", "10s");
    private readonly Setting<TimeSpan> _retryPeriod = ServerSettings.Duration("lease-retry-period", "Time between two tries to take or renew the Lease", "2s");
    private readonly Setting<bool> _events = Switch("events", "Write Events about problems", "on");

    private readonly Setting<string?> _podNamespace = Optional(
        "pod-namespace", "NS", "The own namespace (default: POD_NAMESPACE, else that of the service account or context)", ClusterText.NamespaceAllowed, ClusterText.Namespace);

    private readonly Setting<string?> _podName = Optional(
        "pod-name", "NAME", "The own name in the Lease and in Events (default: POD_NAME, else the host's name)", SettingParsers.ClassAllowed, ClusterText.Name);

    private readonly Setting<TimeSpan> _delay = ServerSettings.Duration(
        "lb-deregistration-delay", "A shutdown, not ready any more, still takes new connections for this long", "0s");

    private readonly Setting<TimeSpan> _grace = ServerSettings.Duration(
        "termination-grace-period", "terminationGracePeriodSeconds of the pod; a shutdown ends 2 s before it", "30s");

    /// <summary>In the order of the help.</summary>
    public IEnumerable<Setting> All =>
    [
        _kubeconfig, _context, .. _server.All, _controllerName, _withoutClass, _classByName, _noClassLookup, _namespaces, _namespaceSelector,
        _defaultCertificate, _updateStatus, _publishService, _publishAddress, _publishPods, _clearStatus, _election, _electionId,
        _leaseDuration, _renewDeadline, _retryPeriod, _events, _podNamespace, _podName, _delay, _grace,
    ];

    public void AddTo(Command command)
    {
        foreach (var setting in All)
        {
            command.Add(setting.Option);
        }

        command.Add(_config);
    }

    /// <exception cref="UsageException">Names every setting that cannot be used.</exception>
    public ControllerOptions Read(ParseResult parse, CliConsole console)
    {
        var reader = new SettingReader(parse, console.Environment, SettingsFile.Load(console, parse.GetValue(_config)));
        var (delay, grace, noClassLookup) = (reader.Read(_delay), reader.Read(_grace), reader.Read(_noClassLookup));
        var options = new ControllerOptions
        {
            Server = _server.Read(reader, console, delay, (grace > GraceMargin ? grace - GraceMargin : TimeSpan.Zero, $"{_grace.Flag} less {GraceMargin.TotalSeconds} s")),
            Kubeconfig = ReadKubeconfig(reader, console.Directory),
            Context = reader.Read(_context),
            Watch = new() { Namespaces = reader.Read(_namespaces), NamespaceSelector = reader.Read(_namespaceSelector), IngressClasses = !noClassLookup },
            ControllerName = reader.Read(_controllerName),
            WatchIngressWithoutClass = reader.Read(_withoutClass),
            IngressClassByName = reader.Read(_classByName) || noClassLookup,
            DefaultCertificate = reader.Read(_defaultCertificate),
            Status = ReadStatus(reader),
            Lease = ReadLease(reader, console),
            Events = reader.Read(_events),
        };
        Check(options, reader);
        reader.ThrowIfAny();
        return options;
    }

    private StatusOptions ReadStatus(SettingReader reader) => new()
    {
        Enabled = reader.Read(_updateStatus),
        Addresses = reader.Read(_publishAddress),
        PublishService = reader.Read(_publishService),
        PodSelector = reader.Read(_publishPods),
        ClearOnShutdown = reader.Read(_clearStatus),
    };

    private LeaseOptions ReadLease(SettingReader reader, CliConsole console) => new()
    {
        Enabled = reader.Read(_election),
        Name = reader.Read(_electionId),
        Namespace = reader.Read(_podNamespace) ?? Filled(console.Environment("POD_NAMESPACE")) ?? "",
        Identity = reader.Read(_podName) ?? Filled(console.Environment("POD_NAME")) ?? Environment.MachineName,
        Duration = reader.Read(_leaseDuration),
        RenewDeadline = reader.Read(_renewDeadline),
        RetryPeriod = reader.Read(_retryPeriod),
    };

    private string? ReadKubeconfig(SettingReader reader, string directory)
    {
        if (reader.Read(_kubeconfig) is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text, directory);
        if (!File.Exists(path))
        {
            reader.Add($"{_kubeconfig.Flag}: '{text}' cannot be used; allowed: {_kubeconfig.Allowed}");
        }

        return path;
    }

    private void Check(ControllerOptions options, SettingReader reader)
    {
        var lease = options.Lease;
        if (lease.RetryPeriod < TimeSpan.FromMilliseconds(100) || lease.RenewDeadline <= lease.RetryPeriod * 1.2 || lease.Duration <= lease.RenewDeadline)
        {
            reader.Add($"{_leaseDuration.Flag}, {_renewDeadline.Flag}, {_retryPeriod.Flag}: {lease.Duration.TotalSeconds:0.###} s, {lease.RenewDeadline.TotalSeconds:0.###} s, {lease.RetryPeriod.TotalSeconds:0.###} s cannot be used; allowed: each longer than the next, the second by a fifth, and the last at least 100ms");
        }

        if (options.Watch.NamespaceSelector is not null && !options.Watch.Namespaces.IsDefaultOrEmpty)
        {
            reader.Add($"{_namespaceSelector.Flag} and {_namespaces.Flag}: both are given; allowed: one of them");
        }
    }

    private static string? Filled(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static Setting<bool> Switch(string name, string description, string otherwise) =>
        new(name, "on|off", description, otherwise, SettingParsers.SwitchAllowed, SettingParsers.Switch, isSwitch: true);

    private static Setting<string?> Optional(string name, string form, string description, string allowed, SettingParser<string?> parser) =>
        new(name, form, description, "", allowed, parser);
}
