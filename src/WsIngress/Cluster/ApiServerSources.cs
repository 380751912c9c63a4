using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>The sources of cluster mode, one per kind, and how each stands.</summary>
internal sealed class ApiServerSources
{
    private readonly List<IObjectSource> _sources = [];
    private readonly List<ReflectorState> _states = [];
    private readonly ApiServer _server;
    private readonly ReflectorOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;

    private ApiServerSources(ApiServer server, ReflectorOptions options, TimeProvider time, Random random, ILogger logger) =>
        (_server, _options, _time, _random, _logger) = (server, options, time, random, logger);

    public IReadOnlyList<IObjectSource> All => _sources;

    public IReadOnlyList<ReflectorState> States => _states;

    /// <param name="server">The cluster.</param>
    /// <param name="watch">Which objects are read.</param>
    /// <param name="translation">Which Ingresses are ours: only their Secrets are kept.</param>
    /// <param name="time">The clock of all waits.</param>
    /// <param name="loggers">Receives what goes wrong.</param>
    /// <param name="options">Bounds and waits.</param>
    /// <param name="random">Jitter.</param>
    public static ApiServerSources Create(
        ApiServer server, WatchOptions watch, TranslationOptions translation, TimeProvider time, ILoggerFactory loggers, ReflectorOptions? options = null, Random? random = null)
    {
        var sources = new ApiServerSources(server, options ?? ReflectorOptions.Default, time, random ?? Random.Shared, loggers.CreateLogger("WsIngress.Cluster"));
        sources.Add(watch, translation);
        return sources;
    }

    /// <summary>How long the worst kind has not heard the server; zero while every watch is open.</summary>
    public TimeSpan Age() => _states.Select(state => state.Age(_time.GetUtcNow())).Append(TimeSpan.Zero).Max();

    private void Add(WatchOptions watch, TranslationOptions translation)
    {
        List<ObjectKind> naming = [ObjectKind.Ingress, ObjectKind.Service];
        naming.AddRange(watch.IngressClasses ? [ObjectKind.IngressClass] : []);
        naming.AddRange(watch.NamespaceSelector is not null ? [ObjectKind.Namespace] : []);
        var referenced = new ReferencedSecrets(translation, naming);
        foreach (var kind in naming.Append(ObjectKind.EndpointSlice).Order())
        {
            var selector = kind == ObjectKind.Namespace ? watch.NamespaceSelector : null;
            var targets = Namespaces(kind, watch).Select(ns => new ReflectorTarget(kind, ns, selector)).ToArray();
            _sources.Add(Source(kind, targets, naming.Contains(kind) ? referenced : null, null).Source);
        }

        _sources.Add(Secrets(SecretTargets(watch, translation), referenced));
    }

    private static ImmutableArray<string?> Namespaces(ObjectKind kind, WatchOptions watch) =>
        ObjectKindInfo.Of(kind).Namespaced && watch.Namespaces.Length > 0 ? [.. watch.Namespaces] : [null];

    /// <summary>The default certificate may lie in a namespace that is not watched otherwise.</summary>
    private static ReflectorTarget[] SecretTargets(WatchOptions watch, TranslationOptions translation)
    {
        var targets = Namespaces(ObjectKind.Secret, watch).Select(ns => new ReflectorTarget(ObjectKind.Secret, ns, FieldSelector: SecretSource.FieldSelector)).ToList();
        if (translation.DefaultCertificate?.Split('/') is [var ns, var name] && !targets.Exists(target => target.Covers(new(ns, name))))
        {
            targets.Add(new(ObjectKind.Secret, ns, FieldSelector: SecretSource.FieldSelector, Name: name));
        }

        return [.. targets];
    }

    private SecretSource Secrets(ReflectorTarget[] targets, ReferencedSecrets referenced)
    {
        var (source, state) = Source(ObjectKind.Secret, targets, null, referenced.Contains);
        var loader = new SecretLoader(targets, target => new ListRequest(target, _server, _options, _time), _options, state, _time, _random, _logger);
        return new(source, targets, referenced, loader.AskAsync, _time);
    }

    private (KindSource Source, ReflectorState State) Source(ObjectKind kind, ReflectorTarget[] targets, ReferencedSecrets? listener, Func<ObjectKey, bool>? wanted)
    {
        var info = ObjectKindInfo.Of(kind);
        var state = new ReflectorState(info.Plural);
        _states.Add(state);
        var reflectors = targets.Select(target => (target, new Reflector(target, _server, _options, state, _time, _random, _logger, wanted))).ToArray();
        return (new(info, _server.Address, reflectors, listener), state);
    }
}
