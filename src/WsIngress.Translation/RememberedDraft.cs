using System.Runtime.CompilerServices;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Backends;

namespace WsIngress.Translation;

/// <summary>
/// What an Ingress asked for at the last translation, good for as long as every object that was looked up for it is the same object.
/// So a change costs what depends on it, and 10,000 other Ingresses cost a comparison of references each.
/// </summary>
internal sealed class RememberedDraft
{
    private static readonly ConditionalWeakTable<V1Ingress, RememberedDraft> Known = [];

    private readonly TranslationOptions _options;
    private readonly Lookup[] _lookups;
    private readonly BackendUse[] _backends;
    private readonly string[] _hosts;
    private readonly RouteDraft[] _routes;
    private readonly TlsDraft[] _tls;
    private readonly Problem[] _problems;
    private readonly Route? _default;
    private readonly int _served;

    private RememberedDraft(IngressDraft draft, TranslationOptions options, Lookup[] lookups, BackendUse[] backends)
    {
        (_options, _lookups, _backends) = (options, lookups, backends);
        (_hosts, _routes, _tls, _problems) = ([.. draft.Hosts], [.. draft.Routes], [.. draft.Tls], [.. draft.Problems]);
        (_default, _served) = (draft.Default, draft.Served);
    }

    /// <summary>Fills the draft as the last translation did; false when something that it depends on is another object now.</summary>
    public static bool TryFill(IngressDraft draft, TranslationOptions options, SnapshotIndex index, BackendResolver backends)
    {
        if (!Known.TryGetValue(draft.Ingress, out var remembered) || !remembered.Holds(options, index))
        {
            return false;
        }

        draft.Hosts.AddRange(remembered._hosts);
        draft.Routes.AddRange(remembered._routes);
        draft.Tls.AddRange(remembered._tls);
        draft.Problems.AddRange(remembered._problems);
        (draft.Default, draft.Served) = (remembered._default, remembered._served);
        foreach (var use in remembered._backends)
        {
            backends.Take(use);
        }

        return true;
    }

    /// <summary>Keeps a draft that was just filled, before it meets the others.</summary>
    public static void Keep(IngressDraft draft, TranslationOptions options, Lookup[] lookups, BackendUse[] backends) =>
        Known.AddOrUpdate(draft.Ingress, new(draft, options, lookups, backends));

    /// <summary>For drafts whose Services or slices have problems of their own: those are told by whoever reads these objects, so they must be read.</summary>
    public static void Forget(V1Ingress ingress) => Known.Remove(ingress);

    private bool Holds(TranslationOptions options, SnapshotIndex index)
    {
        if (!ReferenceEquals(options, _options) && options != _options)
        {
            return false;
        }

        foreach (var lookup in _lookups)
        {
            if (!lookup.Holds(index))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One question to the index and what it found: a Service, a Secret, or EndpointSlices.</summary>
internal readonly record struct Lookup(LookupKind Kind, string Namespace, string Name, object? Found)
{
    public bool Holds(SnapshotIndex index) => Kind switch
    {
        LookupKind.Service => ReferenceEquals(index.Service(Namespace, Name), Found),
        LookupKind.Secret => ReferenceEquals(index.Secret(Namespace, Name), Found),
        _ => SameSlices(index.Slices(Namespace, Name), (V1EndpointSlice[])Found!),
    };

    private static bool SameSlices(IReadOnlyList<V1EndpointSlice> now, V1EndpointSlice[] then)
    {
        if (now.Count != then.Length)
        {
            return false;
        }

        for (var i = 0; i < then.Length; i++)
        {
            if (!ReferenceEquals(now[i], then[i]))
            {
                return false;
            }
        }

        return true;
    }
}

internal enum LookupKind
{
    Service,
    Secret,
    Slices,
}
