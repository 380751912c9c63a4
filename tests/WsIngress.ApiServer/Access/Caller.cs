using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>Who makes a request, and with which rights.</summary>
internal sealed record Caller(string User, IReadOnlyList<AccessRule> Rules)
{
    private static readonly string[] Open = ["/version", "/healthz", "/livez", "/readyz"];

    public bool May(string verb, string group, string resource, string ns, string name) =>
        Rules.Any(r => r.Allows(verb, group, resource, ns, name));

    /// <exception cref="ApiFailure">403 in the words of a real server.</exception>
    public void Demand(string verb, string group, string plural, string? subresource, string ns, string name)
    {
        var resource = subresource is null ? plural : $"{plural}/{subresource}";
        if (May(verb, group, resource, ns, name))
        {
            return;
        }

        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        details["kind"] = plural;
        var what = group.Length == 0 ? plural : $"{plural}.{group}";
        var named = name.Length == 0 ? what : $"{what} \"{name}\"";
        var scope = ns.Length == 0 ? "at the cluster scope" : $"in the namespace \"{ns}\"";
        throw new ApiFailure(403, "Forbidden", $"{named} is forbidden: User \"{User}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {scope}", details);
    }

    /// <summary>Discovery is for every known user, health and version for all.</summary>
    /// <exception cref="ApiFailure">403.</exception>
    public void DemandPath(string path)
    {
        if (User == AccessRights.Anonymous && !Open.Contains(path))
        {
            throw new ApiFailure(403, "Forbidden", $"forbidden: User \"{User}\" cannot get path \"{path}\"", new JsonObject());
        }
    }
}
