using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using WsIngress.Routing;

namespace WsIngress.Translation.Backends;

/// <summary>
/// All EndpointSlices of a Service into one sorted set of endpoints for one port, found by the port's name as kube-proxy does.
/// A pod counts once: in the Service's first IP family, and of two equal addresses the ready one.
/// </summary>
internal static class EndpointMerger
{
    /// <summary>Problems with slices go to <paramref name="problems"/> under the slice's own name.</summary>
    public static ImmutableArray<Endpoint> Merge(V1Service service, string portName, IReadOnlyList<V1EndpointSlice> slices, List<Problem> problems)
    {
        if (slices.Count == 0)
        {
            return [];
        }

        var primary = service.Spec?.IpFamilies is ["IPv6", ..] ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        var found = new List<Candidate>();
        foreach (var slice in slices)
        {
            Read(slice, portName, primary, found, problems);
        }

        return found.Count > 1 ? Deduplicate(found) : [.. found.Select(c => c.Endpoint)];
    }

    private static ImmutableArray<Endpoint> Deduplicate(List<Candidate> found)
    {
        found.Sort(Candidate.ByPreference);
        var kept = new List<Candidate>(found.Count);
        var pods = new HashSet<string>(found.Count, StringComparer.Ordinal);
        var authorities = new HashSet<string>(found.Count, StringComparer.Ordinal);
        foreach (var candidate in found)
        {
            var pod = candidate.Endpoint.PodUid;
            if ((pod is null || !pods.Contains(pod)) && authorities.Add(candidate.Authority))
            {
                kept.Add(candidate);
                if (pod is not null)
                {
                    pods.Add(pod);
                }
            }
        }

        kept.Sort(Candidate.ByStateKey);
        return [.. kept.Select(c => c.Endpoint)];
    }

    private static void Read(V1EndpointSlice slice, string portName, AddressFamily primary, List<Candidate> found, List<Problem> problems)
    {
        var family = slice.AddressType switch
        {
            "IPv4" => AddressFamily.InterNetwork,
            "IPv6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unknown,
        };
        if (family == AddressFamily.Unknown)
        {
            problems.Add(Invalid(slice, "addressType", slice.AddressType, "IPv4 or IPv6", "only IP addresses can be served; its endpoints are left out"));
            return;
        }

        if (PortOf(slice, portName, problems) is not { } port)
        {
            return;
        }

        for (var i = 0; slice.Endpoints is { } endpoints && i < endpoints.Count; i++)
        {
            var text = endpoints[i]?.Addresses is [var first, ..] ? first : null;
            if (text is null || !AddressText.TryParse(text, out var address) || address.AddressFamily != family || !AddressScope.IsUnicast(address))
            {
                problems.Add(Invalid(slice, $"endpoints[{i}].addresses[0]", text, $"an {slice.AddressType} address of one host", "the address cannot be used; this endpoint is left out"));
                continue;
            }

            var endpoint = ToEndpoint(endpoints[i], text, address, port);
            found.Add(new(endpoint, endpoint.Authority, family == primary));
        }
    }

    private static int? PortOf(V1EndpointSlice slice, string portName, List<Problem> problems)
    {
        for (var i = 0; slice.Ports is { } ports && i < ports.Count; i++)
        {
            if (ports[i] is not { } candidate || (candidate.Name ?? "") != portName || (candidate.Protocol ?? "TCP") != "TCP")
            {
                continue;
            }

            if (candidate.Port is > 0 and < 65536 and { } port)
            {
                return port;
            }

            problems.Add(Invalid(slice, $"ports[{i}].port", candidate.Port?.ToString(), "1 to 65535", "the port cannot be used; its endpoints are left out"));
        }

        return null;
    }

    private static Endpoint ToEndpoint(V1Endpoint endpoint, string text, IPAddress address, int port)
    {
        var pod = endpoint.TargetRef is { Kind: "Pod" } target ? target : null;
        var ready = endpoint.Conditions?.Ready ?? true;
        return new()
        {
            Address = address.AddressFamily == AddressFamily.InterNetwork ? text : address.ToString(),
            Port = port,
            PodUid = string.IsNullOrEmpty(pod?.Uid) ? null : pod.Uid,
            PodName = string.IsNullOrEmpty(pod?.Name) ? null : pod.Name,
            Ready = ready,
            Serving = endpoint.Conditions?.Serving ?? ready,
            Terminating = endpoint.Conditions?.Terminating ?? false,
        };
    }

    private static Problem Invalid(V1EndpointSlice slice, string field, string? value, string allowed, string message) =>
        new(new("EndpointSlice", slice.Metadata?.NamespaceProperty ?? "", slice.Metadata?.Name ?? ""), ProblemReason.EndpointInvalid, field, ProblemText.Clip(value), allowed, message);

    private readonly record struct Candidate(Endpoint Endpoint, string Authority, bool Primary)
    {
        public static int ByStateKey(Candidate a, Candidate b)
        {
            var order = string.CompareOrdinal(a.Endpoint.PodUid ?? a.Authority, b.Endpoint.PodUid ?? b.Authority);
            return order != 0 ? order : string.CompareOrdinal(a.Authority, b.Authority);
        }

        // The last three only make the order total, so that the order of the slices never shows.
        public static int ByPreference(Candidate a, Candidate b)
        {
            var order = b.Primary.CompareTo(a.Primary);
            order = order != 0 ? order : b.Endpoint.Eligible.CompareTo(a.Endpoint.Eligible);
            order = order != 0 ? order : b.Endpoint.Serving.CompareTo(a.Endpoint.Serving);
            order = order != 0 ? order : a.Endpoint.Terminating.CompareTo(b.Endpoint.Terminating);
            order = order != 0 ? order : b.Endpoint.Ready.CompareTo(a.Endpoint.Ready);
            order = order != 0 ? order : string.CompareOrdinal(a.Authority, b.Authority);
            order = order != 0 ? order : string.CompareOrdinal(a.Endpoint.PodUid, b.Endpoint.PodUid);
            return order != 0 ? order : string.CompareOrdinal(a.Endpoint.PodName, b.Endpoint.PodName);
        }
    }
}
