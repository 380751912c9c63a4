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
        ObjectKind[] naming = watch.IngressClasses ? [ObjectKind.Ingress, ObjectKind.Service, ObjectKind.IngressClass] : [ObjectKind.Ingress, ObjectKind.Service];
        var referenced = new ReferencedSecrets(translation, naming);
        foreach (var kind in naming)
        {
            _sources.Add(Source(kind, watch, referenced));
        }

        _sources.Add(Source(ObjectKind.EndpointSlice, watch, null));
        if (watch.NamespaceSelector is not null)
        {
            _sources.Add(Source(ObjectKind.Namespace, watch, null));
        }

        _sources.Add(new SecretSource(Source(ObjectKind.Secret, watch, null), referenced, LoadAsync, () => new(_options.FirstWait, _options.LongestWait, _time, _random), _logger));
    }

    private KindSource Source(ObjectKind kind, WatchOptions watch, ReferencedSecrets? listener)
    {
        var info = ObjectKindInfo.Of(kind);
        var state = new ReflectorState(info.Plural);
        _states.Add(state);
        ImmutableArray<string?> namespaces = info.Namespaced && watch.Namespaces.Length > 0 ? [.. watch.Namespaces] : [null];
        var selector = kind == ObjectKind.Namespace ? watch.NamespaceSelector : null;
        var targets = namespaces.Select(ns => new ReflectorTarget(kind, ns, selector));
        return new(
            info,
            _server.Address,
            [.. targets.Select(target => (target, new Reflector(target, _server, _options, state, _time, _random, _logger)))],
            listener is null ? null : listener.See,
            listener is null ? null : () => listener.Listed(kind));
    }

    /// <summary>One Secret by its name, with the right to list: null when there is none.</summary>
    private async Task<DecodedObject?> LoadAsync(ObjectKey key, CancellationToken cancellation)
    {
        var request = new ListRequest(new(ObjectKind.Secret, key.Namespace), _server, _options, _time);
        var (objects, _) = await request.AllAsync(static () => { }, cancellation, $"metadata.name={key.Name}").ConfigureAwait(false);
        return objects.Where(found => found.Key == key).Select(found => (DecodedObject?)found).FirstOrDefault();
    }
}
