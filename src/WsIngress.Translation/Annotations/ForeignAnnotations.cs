using System.Collections.Frozen;
using k8s.Models;

namespace WsIngress.Translation.Annotations;

/// <summary>
/// Annotations of other controllers on an Ingress of ours: nothing here reads them, and whoever moved the Ingress should know. Names under
/// prefixes that are not listed (kubectl, cert-manager, external-dns, one's own) are nobody's business.
/// </summary>
internal static class ForeignAnnotations
{
    /// <summary>Named one by one on one Ingress; the rest is one problem.</summary>
    private const int MostNamed = 20;

    private const string WhitelistName = "nginx.ingress.kubernetes.io/whitelist-source-range";

    private static readonly (string Prefix, string Controller)[] Prefixes =
    [
        ("nginx.ingress.kubernetes.io/", "ingress-nginx"),
        ("nginx.org/", "the NGINX Ingress Controller"),
        ("nginx.com/", "the NGINX Ingress Controller"),
        ("appprotect.f5.com/", "the NGINX Ingress Controller"),
        ("ingress.kubernetes.io/", "older ingress controllers"),
        ("haproxy.org/", "the HAProxy Ingress Controller"),
        ("haproxy.com/", "the HAProxy Ingress Controller"),
        ("haproxy-ingress.github.io/", "HAProxy Ingress"),
        ("traefik.ingress.kubernetes.io/", "Traefik"),
        ("konghq.com/", "Kong"),
        ("projectcontour.io/", "Contour"),
        ("getambassador.io/", "Emissary"),
        ("k8s.apisix.apache.org/", "APISIX"),
        ("zalando.org/", "Skipper"),
        ("ingress.cilium.io/", "Cilium"),
        ("higress.io/", "Higress"),
        ("mse.ingress.kubernetes.io/", "MSE"),
        ("ingress.pomerium.io/", "Pomerium"),
        ("k8s.ngrok.com/", "ngrok"),
        ("ingress.citrix.com/", "the Citrix ingress controller"),
        ("virtual-server.f5.com/", "F5 BIG-IP"),
        ("alb.ingress.kubernetes.io/", "the AWS Load Balancer Controller"),
        ("appgw.ingress.kubernetes.io/", "the Application Gateway Ingress Controller"),
        ("networking.gke.io/", "the GKE ingress controller"),
    ];

    /// <summary>Full names under those prefixes that this version reads all the same: none.</summary>
    private static readonly FrozenSet<string> Read = FrozenSet<string>.Empty;

    /// <summary>What does the same here, by the name after the prefix: controllers took many names from each other.</summary>
    private static readonly FrozenDictionary<string, Annotation[]> Nearest = new Dictionary<string, Annotation[]>
    {
        ["proxy-read-timeout"] = [AnnotationCatalogue.WebSocketIdleTimeout, AnnotationCatalogue.RequestTimeout],
        ["proxy-send-timeout"] = [AnnotationCatalogue.WebSocketIdleTimeout, AnnotationCatalogue.RequestTimeout],
        ["proxy-connect-timeout"] = [AnnotationCatalogue.ConnectTimeout],
        ["proxy-body-size"] = [AnnotationCatalogue.MaxBodySize],
        ["proxy-ssl-verify"] = [AnnotationCatalogue.BackendTlsVerify],
        ["proxy-ssl-name"] = [AnnotationCatalogue.BackendTlsServerName],
        ["proxy-ssl-secret"] = [AnnotationCatalogue.BackendTlsCaSecret],
        ["rewrite-target"] = [AnnotationCatalogue.RewriteTarget],
        ["use-regex"] = [AnnotationCatalogue.UseRegex],
        ["ssl-redirect"] = [AnnotationCatalogue.SslRedirect],
        ["force-ssl-redirect"] = [AnnotationCatalogue.SslRedirect],
        ["whitelist-source-range"] = [AnnotationCatalogue.AllowCidrs],
        ["allowlist-source-range"] = [AnnotationCatalogue.AllowCidrs],
        ["denylist-source-range"] = [AnnotationCatalogue.DenyCidrs],
        ["backend-protocol"] = [AnnotationCatalogue.BackendProtocol],
        ["secure-backends"] = [AnnotationCatalogue.BackendProtocol],
        ["affinity"] = [AnnotationCatalogue.Affinity],
        ["session-cookie-name"] = [AnnotationCatalogue.AffinityCookieName],
        ["session-cookie-path"] = [AnnotationCatalogue.AffinityCookiePath],
        ["session-cookie-domain"] = [AnnotationCatalogue.AffinityCookieDomain],
        ["session-cookie-max-age"] = [AnnotationCatalogue.AffinityCookieMaxAge],
        ["session-cookie-expires"] = [AnnotationCatalogue.AffinityCookieMaxAge],
        ["session-cookie-samesite"] = [AnnotationCatalogue.AffinityCookieSameSite],
        ["session-cookie-secure"] = [AnnotationCatalogue.AffinityCookieSecure],
        ["load-balance"] = [AnnotationCatalogue.LoadBalancing],
        ["upstream-hash-by"] = [AnnotationCatalogue.LoadBalancing, AnnotationCatalogue.HashBy],

        // nginx.org and nginx.com
        ["client-max-body-size"] = [AnnotationCatalogue.MaxBodySize],
        ["lb-method"] = [AnnotationCatalogue.LoadBalancing],
        ["redirect-to-https"] = [AnnotationCatalogue.SslRedirect],
        ["ssl-services"] = [AnnotationCatalogue.BackendProtocol],
        ["grpc-services"] = [AnnotationCatalogue.BackendProtocol],
        ["websocket-services"] = [AnnotationCatalogue.WebSocket],
        ["sticky-cookie-services"] = [AnnotationCatalogue.Affinity],

        // HAProxy's two
        ["timeout-tunnel"] = [AnnotationCatalogue.WebSocketIdleTimeout],
        ["timeout-server"] = [AnnotationCatalogue.RequestTimeout],
        ["timeout-connect"] = [AnnotationCatalogue.ConnectTimeout],
        ["balance-algorithm"] = [AnnotationCatalogue.LoadBalancing],
        ["cookie-persistence"] = [AnnotationCatalogue.Affinity, AnnotationCatalogue.AffinityCookieName],
        ["allow-list"] = [AnnotationCatalogue.AllowCidrs],
        ["whitelist"] = [AnnotationCatalogue.AllowCidrs],
        ["deny-list"] = [AnnotationCatalogue.DenyCidrs],
        ["blacklist"] = [AnnotationCatalogue.DenyCidrs],
        ["path-rewrite"] = [AnnotationCatalogue.RewriteTarget],
        ["server-ssl"] = [AnnotationCatalogue.BackendProtocol],

        // Clouds, Contour
        ["inbound-cidrs"] = [AnnotationCatalogue.AllowCidrs],
        ["request-timeout"] = [AnnotationCatalogue.RequestTimeout],
        ["response-timeout"] = [AnnotationCatalogue.RequestTimeout],
        ["cookie-based-affinity"] = [AnnotationCatalogue.Affinity],
        ["backend-path-prefix"] = [AnnotationCatalogue.RewriteTarget],
        ["websocket-routes"] = [AnnotationCatalogue.WebSocket],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Adds the problems.</summary>
    public static void Name(V1Ingress ingress, ObjectReference owner, List<Problem> problems)
    {
        if (ingress.Metadata?.Annotations is not { Count: > 0 } annotations)
        {
            return;
        }

        List<(string Name, string? Text, int Prefix)>? found = null;
        foreach (var (name, text) in annotations)
        {
            var prefix = PrefixOf(name);
            if (prefix >= 0 && !Read.Contains(name) && !IsForChallenges(name, text))
            {
                (found ??= []).Add((name, text, prefix));
            }
        }

        if (found is null)
        {
            return;
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (var (name, text, prefix) in found.Take(MostNamed))
        {
            problems.Add(NotRead(owner, name, text, Prefixes[prefix]));
        }

        if (found.Count > MostNamed)
        {
            var rest = found.Count - MostNamed;
            problems.Add(Warning(owner, "metadata.annotations", "", "", $"not read: {rest} more annotation{(rest == 1 ? "" : "s")} of other controllers"));
        }
    }

    /// <summary>Of another controller, read or not.</summary>
    public static bool IsForeign(string name) => PrefixOf(name) >= 0;

    private static int PrefixOf(string name) => Array.FindIndex(Prefixes, p => name.StartsWith(p.Prefix, StringComparison.Ordinal));

    /// <summary>cert-manager sets it on the Ingresses of its challenges for everybody, to let all clients in.</summary>
    private static bool IsForChallenges(string name, string? text) => name == WhitelistName && text is "0.0.0.0/0,::/0" or "0.0.0.0/0";

    private static Problem NotRead(ObjectReference owner, string name, string? text, (string Prefix, string Controller) of)
    {
        var near = Nearest.TryGetValue(name[of.Prefix.Length..], out var all) ? string.Join(" and ", all.Select(annotation => annotation.Name)) : null;
        var message = $"not read: an annotation of {of.Controller}{(near is null ? "" : $"; see {near}")}";
        return Warning(owner, $"metadata.annotations[{ProblemText.Clip(name)}]", ProblemText.Clip(text), near ?? "a name of the annotations reference", message);
    }

    private static Problem Warning(ObjectReference owner, string field, string value, string allowed, string message) =>
        new(owner, ProblemReason.ForeignAnnotation, field, value, allowed, message) { Severity = ProblemSeverity.Warning };
}
