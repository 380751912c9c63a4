using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Tls;

namespace WsIngress.Translation.Annotations;

/// <summary>A policy toward one backend; <see cref="ClosedBecause"/> is set when a guard of it cannot be trusted, by the Service or by the Ingress.</summary>
internal readonly record struct BackendTerms(BackendPolicy Policy, string? ClosedBecause, bool ClosedByService = false);

/// <summary>
/// Turns annotations into policies. What is about pods may stand on the Ingress and on the Service; the Service's value wins, as
/// it has the narrower owner, and holds for every Ingress. Values never cross from one Ingress to another.
/// </summary>
internal sealed class PolicyBuilder(SnapshotIndex index, AnnotationDefaults defaults, List<Problem> problems)
{
    private static readonly Annotation[] OfTls = [AnnotationCatalogue.BackendTlsVerify, AnnotationCatalogue.BackendTlsServerName, AnnotationCatalogue.BackendTlsCaSecret];

    private readonly Dictionary<V1Service, AnnotationSet> _services = new(ReferenceEqualityComparer.Instance);

    /// <summary>The policy of the Ingress alone; the path adds its rewrite, the backend may still close it.</summary>
    public static RoutePolicy ForIngress(AnnotationSet set)
    {
        if (set.BrokenGuard is { } guard)
        {
            return FromValues(set) with { ClosedBecause = Closed(set, guard) };
        }

        return set.IsEmpty ? RoutePolicy.Default : FromValues(set);
    }

    public BackendTerms ForBackend(IngressDraft draft, V1Service service)
    {
        var own = ForService(service);
        if (own.IsEmpty && own.BrokenGuard is null && draft.Annotations.IsEmpty)
        {
            return new(BackendPolicy.Default, null);
        }

        var values = new PodAnnotations(draft.Annotations, own);
        var (tls, closed) = Tls(draft, values);
        var byService = closed is not null && values.Owner(AnnotationCatalogue.BackendTlsCaSecret) != draft.Reference;
        if (closed is null && InCleartext(draft, own, values) is { } refused)
        {
            (closed, byService) = (Closed(refused, AnnotationCatalogue.BackendProtocol), refused == own);
        }

        var policy = new BackendPolicy
        {
            Protocol = values.Get(AnnotationCatalogue.BackendProtocol, BackendPolicy.Default.Protocol),
            LoadBalancing = values.Get(AnnotationCatalogue.LoadBalancing, BackendPolicy.Default.LoadBalancing),
            HashBy = values.Get(AnnotationCatalogue.HashBy, BackendPolicy.Default.HashBy),
            Affinity = Cookie(values),
            Tls = tls,
            Drain = Drain(values),
            MaxConnectionsPerPod = values.Get(AnnotationCatalogue.MaxConnectionsPerPod, 0),
            Pace = Pace(values.Get(AdmissionAnnotations.HandshakeRatePerPod, 0), values),
            SlowStart = values.Get(AdmissionAnnotations.SlowStart, TimeSpan.Zero),
        };
        WarnWithoutEffect(draft, values, policy);
        policy = policy == BackendPolicy.Default ? BackendPolicy.Default : policy;
        return own.BrokenGuard is { } guard
            ? new(policy, Closed(own, guard), ClosedByService: true)
            : new(policy, closed, byService);
    }

    private static RoutePolicy FromValues(AnnotationSet set)
    {
        var (normal, socket) = (RoutePolicy.Default, WebSocketPolicy.Default);
        var webSocket = new WebSocketPolicy
        {
            Enabled = set.Get(AnnotationCatalogue.WebSocket, socket.Enabled),
            IdleTimeout = set.Get(AnnotationCatalogue.WebSocketIdleTimeout, socket.IdleTimeout),
            HandshakeTimeout = set.Get(AnnotationCatalogue.WebSocketHandshakeTimeout, socket.HandshakeTimeout),
            MaxAge = set.Get(AnnotationCatalogue.WebSocketMaxAge, socket.MaxAge),
            MaxConnections = set.Get(AnnotationCatalogue.MaxConnections, socket.MaxConnections),
            MaxConnectionsPerClient = set.Get(AnnotationCatalogue.MaxConnectionsPerClient, socket.MaxConnectionsPerClient),
            MaxConnectionsPerKey = set.Get(AdmissionAnnotations.MaxConnectionsPerKey, socket.MaxConnectionsPerKey),
            ConnectionKey = set.Get(AdmissionAnnotations.ConnectionKey, socket.ConnectionKey),
            Pace = Pace(set.Get(AdmissionAnnotations.HandshakeRate, 0), new(set, set)),
            Messages = Messages(set),
            OnRouteRemoved = set.Get(AnnotationCatalogue.OnRouteRemoved, socket.OnRouteRemoved),
        };
        var policy = new RoutePolicy
        {
            RequestTimeout = set.Get(AnnotationCatalogue.RequestTimeout, normal.RequestTimeout),
            ConnectTimeout = set.Get(AnnotationCatalogue.ConnectTimeout, normal.ConnectTimeout),
            MaxBodySize = set.Get(AnnotationCatalogue.MaxBodySize, normal.MaxBodySize),
            AllowCidrs = set.Get(AnnotationCatalogue.AllowCidrs, normal.AllowCidrs),
            DenyCidrs = set.Get(AnnotationCatalogue.DenyCidrs, normal.DenyCidrs),
            SslRedirect = set.Get(AnnotationCatalogue.SslRedirect, normal.SslRedirect),
            WebSocket = webSocket == socket ? socket : webSocket,
        };

        // One object for "nothing special", so that the table says so and compares by reference.
        return policy == normal ? normal : policy;
    }

    private static MessagePolicy Messages(AnnotationSet set)
    {
        var normal = MessagePolicy.None;
        var policy = new MessagePolicy
        {
            PingInterval = set.Get(MessageAnnotations.PingInterval, normal.PingInterval),
            PingTimeout = set.Get(MessageAnnotations.PingTimeout, normal.PingTimeout),
            PingTo = set.Get(MessageAnnotations.PingTo, normal.PingTo),
            MaxSize = set.Get(MessageAnnotations.MaxSize, normal.MaxSize),
            MaxSizeFromPod = set.Get(MessageAnnotations.MaxSizeFromPod, normal.MaxSizeFromPod),
            Rate = set.Get(MessageAnnotations.Rate, normal.Rate),
            Burst = set.Get(MessageAnnotations.Burst, normal.Burst),
            ByteRate = set.Get(MessageAnnotations.ByteRate, normal.ByteRate),
            RateExceeded = set.Get(MessageAnnotations.RateExceeded, normal.RateExceeded),
            StallTimeout = set.Get(MessageAnnotations.StallTimeout, normal.StallTimeout),
        };

        // A side cannot be dead before it was asked.
        policy = policy.PingTimeout > policy.PingInterval ? policy : policy with { PingTimeout = policy.PingInterval * 2 };
        return policy == normal ? normal : policy;
    }

    private static AffinityCookie? Cookie(PodAnnotations values)
    {
        if (!values.Get(AnnotationCatalogue.Affinity, false))
        {
            return null;
        }

        var normal = new AffinityCookie();
        return new()
        {
            Name = values.Find(AnnotationCatalogue.AffinityCookieName) ?? normal.Name,
            Path = values.Find(AnnotationCatalogue.AffinityCookiePath) ?? normal.Path,
            Domain = values.Find(AnnotationCatalogue.AffinityCookieDomain),
            MaxAge = values.Get(AnnotationCatalogue.AffinityCookieMaxAge, normal.MaxAge),
            SameSite = values.Find(AnnotationCatalogue.AffinityCookieSameSite),
            Secure = values.Owner(AnnotationCatalogue.AffinityCookieSecure) is null ? null : values.Get(AnnotationCatalogue.AffinityCookieSecure, false),
        };
    }

    /// <summary>Without a rate nothing else of it has an effect, and all policies are one.</summary>
    private static HandshakePace Pace(double rate, PodAnnotations values) => rate <= 0 ? HandshakePace.None : new()
    {
        Rate = rate,
        Burst = values.Get(AdmissionAnnotations.HandshakeBurst, HandshakePace.None.Burst),
        Queue = values.Get(AdmissionAnnotations.HandshakeQueue, HandshakePace.None.Queue),
        QueueTimeout = values.Get(AdmissionAnnotations.HandshakeQueueTimeout, HandshakePace.None.QueueTimeout),
    };

    private static DrainPolicy Drain(PodAnnotations values)
    {
        var normal = DrainPolicy.Default;
        var policy = new DrainPolicy
        {
            Mode = values.Get(AnnotationCatalogue.Drain, normal.Mode),
            Window = values.Get(AnnotationCatalogue.DrainWindow, normal.Window),
            CloseCode = values.Get(AnnotationCatalogue.DrainCloseCode, normal.CloseCode),
        };
        return policy == normal ? normal : policy;
    }

    private (BackendTls Tls, string? Closed) Tls(IngressDraft draft, PodAnnotations values)
    {
        var tls = BackendTls.Default with
        {
            Verify = values.Get(AnnotationCatalogue.BackendTlsVerify, false),
            ServerName = values.Find(AnnotationCatalogue.BackendTlsServerName),
        };
        if (!tls.Verify || values.Find(AnnotationCatalogue.BackendTlsCaSecret) is not { } name)
        {
            return (tls, null);
        }

        var annotation = AnnotationCatalogue.BackendTlsCaSecret;
        var owner = values.Owner(annotation)!.Value;
        var secret = index.SecretFor(draft.Owner.Namespace, name);
        var authorities = secret is null ? new(null, ProblemReason.SecretNotFound, "does not exist") : CaSecret.For(secret);
        if (authorities.Pem is { } pem)
        {
            return (tls with { CaPem = pem }, null);
        }

        var message = $"Secret {draft.Owner.Namespace}/{name} {authorities.Message}; the pods cannot be verified, so the routes answer 503";
        ListOf(draft, owner).Add(new(owner, authorities.Reason, annotation.Field, name, annotation.AllowedText, message));
        return (tls, $"{annotation.Name} of {owner}: Secret {draft.Owner.Namespace}/{name} {authorities.Message}");
    }

    /// <summary>Who asks for verified pods and misspells <c>https</c> must not have requests go out in cleartext.</summary>
    private AnnotationSet? InCleartext(IngressDraft draft, AnnotationSet service, PodAnnotations values)
    {
        var protocol = AnnotationCatalogue.BackendProtocol;
        var refused = service.HasRefused(protocol) ? service : !service.Has(protocol) && draft.Annotations.HasRefused(protocol) ? draft.Annotations : null;
        if (refused is null || !Array.Exists(OfTls, annotation => values.Owner(annotation) is not null))
        {
            return null;
        }

        const string Message = "it cannot be used, and other annotations ask for TLS toward the pods, so the routes answer 503";
        ListOf(draft, refused.Owner).Add(new(refused.Owner, ProblemReason.InvalidAnnotation, protocol.Field, "", protocol.AllowedText, Message));
        return refused;
    }

    private void WarnWithoutEffect(IngressDraft draft, PodAnnotations values, BackendPolicy policy)
    {
        if (policy.LoadBalancing != LoadBalancing.ConsistentHash)
        {
            Warn(draft, values, AnnotationCatalogue.HashBy, $"without {AnnotationCatalogue.LoadBalancing.Name}: consistent-hash it has no effect");
        }

        if (policy.Drain.Mode != DrainMode.Spread && draft.Annotations.Get(AnnotationCatalogue.OnRouteRemoved, RouteRemoval.Keep) != RouteRemoval.Drain)
        {
            Warn(draft, values, AnnotationCatalogue.DrainWindow, $"without {AnnotationCatalogue.Drain.Name}: spread it has no effect");
        }

        if (policy.Drain.Mode == DrainMode.Wait)
        {
            Warn(draft, values, AnnotationCatalogue.DrainCloseCode, $"with {AnnotationCatalogue.Drain.Name}: wait the pods close their sockets themselves, and it has no effect");
        }

        if (draft.Annotations.Get(AdmissionAnnotations.MaxConnectionsPerKey, 0) == 0)
        {
            Warn(draft, values, AdmissionAnnotations.ConnectionKey, $"without {AdmissionAnnotations.MaxConnectionsPerKey.Name} it has no effect");
        }

        if (!policy.Pace.IsOn && draft.Annotations.Get(AdmissionAnnotations.HandshakeRate, 0) <= 0)
        {
            foreach (var annotation in new Annotation[] { AdmissionAnnotations.HandshakeBurst, AdmissionAnnotations.HandshakeQueue, AdmissionAnnotations.HandshakeQueueTimeout })
            {
                Warn(draft, values, annotation, $"without {AdmissionAnnotations.HandshakeRate.Name} or {AdmissionAnnotations.HandshakeRatePerPod.Name} it has no effect");
            }
        }

        foreach (var (annotation, why) in MessageAnnotations.WithoutEffect(draft.Annotations))
        {
            Warn(draft, values, annotation, why);
        }

        if (policy.Affinity is null)
        {
            foreach (var annotation in AnnotationCatalogue.All)
            {
                if (annotation.Group == AnnotationGroup.Affinity && annotation != AnnotationCatalogue.Affinity)
                {
                    Warn(draft, values, annotation, $"without {AnnotationCatalogue.Affinity.Name}: cookie it has no effect");
                }
            }
        }

        if (policy.Protocol != BackendProtocol.Https)
        {
            foreach (var annotation in OfTls)
            {
                Warn(draft, values, annotation, $"without {AnnotationCatalogue.BackendProtocol.Name}: https nothing is encrypted toward the pods, and it has no effect");
            }
        }
        else if (!policy.Tls.Verify)
        {
            Warn(draft, values, AnnotationCatalogue.BackendTlsCaSecret, $"without {AnnotationCatalogue.BackendTlsVerify.Name}: on it has no effect");
        }
    }

    private void Warn(IngressDraft draft, PodAnnotations values, Annotation annotation, string message)
    {
        if (values.Owner(annotation) is { } owner)
        {
            ListOf(draft, owner).Add(new(owner, ProblemReason.InvalidAnnotation, annotation.Field, "", annotation.AllowedText, message) { Severity = ProblemSeverity.Warning });
        }
    }

    private List<Problem> ListOf(IngressDraft draft, ObjectReference owner) => owner == draft.Reference ? draft.Problems : problems;

    private AnnotationSet ForService(V1Service service)
    {
        if (!_services.TryGetValue(service, out var set))
        {
            var owner = new ObjectReference("Service", service.Metadata.NamespaceProperty ?? "", service.Metadata.Name ?? "");
            _services[service] = set = AnnotationReader.Read(service.Metadata.Annotations, AnnotationTargets.Service, owner, problems, defaults);
        }

        return set;
    }

    private static string Closed(AnnotationSet set, Annotation guard) => $"{guard.Name} of {set.Owner} cannot be used";
}
