using System.Text;
using WsIngress.Translation.Annotations;

namespace WsIngress.Tests.Translation;

/// <summary>Writes docs/annotations.md: prose from here, every row from the catalogue.</summary>
internal static class AnnotationReference
{
    private const string Head = """
        # Annotations

        <!-- Generated from AnnotationCatalogue by AnnotationReferenceTests. UPDATE_DOCS=1 rewrites it. -->

        An Ingress works without any annotation: WebSockets are on, nothing needs to be said about `Upgrade`. The annotations below change
        one thing each. They stand under `metadata.annotations`, their values are strings, so `on`, `off` and numbers need quotes in YAML.

        - **Where.** Those about pods may stand on the Ingress and on the Service. The Service's value wins and holds for every Ingress that
          uses it; the others belong on the Ingress and hold for all of its paths. Nothing crosses from one Ingress to another.
        - **Durations** are `500ms`, `30s`, `5m`, `1h` or a mix such as `1h30m`, from large to small. A number without a unit is refused.
        - **Sizes** are bytes, or `64Ki`, `1Mi`, `2Gi`.
        - **Switches** are `on` and `off`; `true` and `false` are read too.
        - **A value that is not allowed** is a problem of the object (`InvalidAnnotation`), named with what is allowed, and the default
          applies; everything else of the Ingress is served. The annotations marked 🔒 guard access: with them the routes answer 503 until
          the value is mended, for an open door is worse than a closed one. The same holds for a guard that stands where it has no effect.
        - **Defaults** are those of the tables, unless the operator [says otherwise](configuration.md#defaults-of-annotations).
        - **A name that does not exist** under `wsingress.io/` is a warning (`UnknownAnnotation`) with the nearest name that does.

        `wsingress validate FILE…` finds all of these before the cluster does.
        """;

    private static readonly Dictionary<AnnotationGroup, (string Title, string Text)> Chapters = new()
    {
        [AnnotationGroup.Balancing] = ("Choice of pod", """
            Open WebSockets and requests in flight count as load, and the counts survive every change of configuration.

            ```yaml
            metadata:
              annotations:
                wsingress.io/load-balancing: consistent-hash
                wsingress.io/hash-by: query:room      # one room, one pod
            ```
            """),
        [AnnotationGroup.Affinity] = ("Cookie affinity", """
            For clients that open several connections and must meet the same pod each time, such as Socket.IO with polling. The cookie is set
            on the answer that chose the pod, and is always `HttpOnly`.

            ```yaml
            metadata:
              annotations:
                wsingress.io/affinity: cookie
                wsingress.io/affinity-cookie-samesite: None
                wsingress.io/affinity-cookie-secure: "on"
            ```
            """),
        [AnnotationGroup.Backend] = ("Toward the pods", """
            ```yaml
            apiVersion: v1
            kind: Service
            metadata:
              name: chat
              annotations:                            # on the Service: all Ingresses that use it speak wss to its pods
                wsingress.io/backend-protocol: https
                wsingress.io/backend-tls-verify: "on"
                wsingress.io/backend-tls-ca-secret: chat-ca
            ```
            """),
        [AnnotationGroup.Requests] = ("Requests", """
            A regex is a .NET regex on the engine that never backtracks: no lookaround, no backreference, no atomic group, at most 1,024
            characters and 2,000 states (`{1,300}` alone is 300). It is anchored at the start of the path, not at its end, and minds the case.
            A request whose host's regexes take more than 0.2 s is answered 503. `rewrite-target` does not apply to default backends, which
            have no path.

            ```yaml
            metadata:
              annotations:
                wsingress.io/rewrite-target: /$2
            spec:
              rules:
                - host: app.example.com
                  http:
                    paths:
                      - path: /chat(/|$)(.*)
                        pathType: ImplementationSpecific
                        backend: {service: {name: chat, port: {name: http}}}
            ```
            """),
        [AnnotationGroup.Access] = ("Access", """
            ```yaml
            metadata:
              annotations:
                wsingress.io/allow-cidrs: 10.0.0.0/8, 2001:db8::/32
                wsingress.io/deny-cidrs: 10.9.0.0/16
            ```
            """),
        [AnnotationGroup.WebSocket] = ("WebSockets", """
            No HTTP timeout ever applies to an open WebSocket; these do.

            ```yaml
            metadata:
              annotations:
                wsingress.io/websocket-idle-timeout: 10m
                wsingress.io/websocket-max-age: 24h
            ```
            """),
    };

    public static string Write()
    {
        var text = new StringBuilder(Head).Append("\n\n");
        foreach (var group in Enum.GetValues<AnnotationGroup>())
        {
            var (title, prose) = Chapters[group];
            text.Append("## ").Append(title).Append("\n\n").Append(prose).Append("\n\n");
            text.Append("| Annotation | Allowed | Default | On | Meaning |\n|---|---|---|---|---|\n");
            foreach (var annotation in AnnotationCatalogue.All.Where(a => a.Group == group))
            {
                var guard = annotation.GuardsAccess ? " 🔒" : "";
                var place = annotation.Targets == AnnotationTargets.Ingress ? "Ingress" : "Ingress, Service";
                text.Append($"| `{annotation.Name}`{guard} | {annotation.Allowed} | {annotation.Default} | {place} | {annotation.Summary} |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd() + "\n";
    }
}
