using WsIngress.Routing;

namespace WsIngress.Translation;

/// <summary>Who meets whom: the drafts by each name that they claim, and how often the table names a backend. Kept from translation to translation.</summary>
internal sealed class ClaimIndex
{
    /// <summary>What every default backend claims; no host looks like it.</summary>
    public const string TableDefault = "/";

    /// <summary>A draft, or a set of them: most hosts have one.</summary>
    private readonly Dictionary<string, object> _drafts;

    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);

    public ClaimIndex(IReadOnlyCollection<IngressDraft> drafts, RoutingTable table)
    {
        _drafts = new(table.Hosts.Length, StringComparer.Ordinal);
        foreach (var draft in drafts)
        {
            Add(draft);
        }

        foreach (var host in table.Hosts)
        {
            Use(host, 1);
        }

        Use(table.DefaultRoute, 1);
    }

    public void Add(IngressDraft draft)
    {
        foreach (var name in draft.Claims)
        {
            if (!_drafts.TryGetValue(name, out var known))
            {
                _drafts.Add(name, draft);
            }
            else if (known is HashSet<IngressDraft> several)
            {
                several.Add(draft);
            }
            else if (!ReferenceEquals(known, draft))
            {
                _drafts[name] = new HashSet<IngressDraft>(ReferenceEqualityComparer.Instance) { (IngressDraft)known, draft };
            }
        }
    }

    /// <summary>As long as it claims what it claimed when it was added.</summary>
    public void Remove(IngressDraft draft)
    {
        foreach (var name in draft.Claims)
        {
            if (!_drafts.TryGetValue(name, out var known))
            {
                continue;
            }

            if (ReferenceEquals(known, draft) || (known is HashSet<IngressDraft> several && several.Remove(draft) && several.Count == 0))
            {
                _drafts.Remove(name);
            }
        }
    }

    public IReadOnlyCollection<IngressDraft> Of(string name) => _drafts.GetValueOrDefault(name) switch
    {
        null => [],
        HashSet<IngressDraft> several => several,
        var one => [(IngressDraft)one],
    };

    /// <summary>Counts the routes of a host in (1) or out (-1).</summary>
    public void Use(VirtualHost? host, int step)
    {
        foreach (var route in host?.Routes ?? [])
        {
            Use(route, step);
        }

        Use(host?.Default, step);
    }

    public void Use(Route? route, int step)
    {
        foreach (var backend in route?.Backends ?? [])
        {
            _uses[backend.BackendKey] = _uses.GetValueOrDefault(backend.BackendKey) + step;
        }
    }

    /// <summary>Some route of the table names this backend. One that none names is forgotten.</summary>
    public bool Uses(string backendKey)
    {
        if (_uses.GetValueOrDefault(backendKey) > 0)
        {
            return true;
        }

        _uses.Remove(backendKey);
        return false;
    }
}
