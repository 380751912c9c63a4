using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Annotations;
using WsIngress.Translation.Backends;

namespace WsIngress.Translation.Rules;

/// <summary>Step 3: the rules and the default backend of one Ingress into routes, each for one host, still unaware of other Ingresses.</summary>
internal sealed class RuleTranslator(BackendResolver backends, PolicyBuilder policies)
{
    private static readonly PathMatch Everything = new(PathMatchKind.Prefix, "/");

    public void Translate(IngressDraft draft)
    {
        var policy = PolicyBuilder.ForIngress(draft.Annotations);
        var spec = draft.Ingress.Spec;
        if (spec?.DefaultBackend is { } backend)
        {
            // No path of the author is matched here, so there is nothing to rewrite.
            draft.Default = ToRoute(draft, Everything, backend, policy, FieldPath.DefaultBackend);
        }
        else if (spec?.Rules is not { Count: > 0 })
        {
            draft.Add(ProblemReason.InvalidField, "spec", "", "rules or defaultBackend", "the Ingress has neither rules nor a defaultBackend, so it serves nothing");
        }

        for (var i = 0; spec?.Rules is { } rules && i < rules.Count; i++)
        {
            Rule(draft, rules[i], i, policy);
        }
    }

    private void Rule(IngressDraft draft, V1IngressRule? rule, int index, RoutePolicy policy)
    {
        if (!HostName.TryParse(rule?.Host, out var host, out var error))
        {
            draft.Add(ProblemReason.InvalidHost, $"spec.rules[{index}].host", rule?.Host, HostName.Allowed, $"the host {error}; this rule is not served");
            return;
        }

        draft.Hosts.Add(host);
        if (rule?.Http is not { } http)
        {
            // The host is known and answers with a default backend, or 404.
            draft.Served++;
            return;
        }

        if (http.Paths is not { Count: > 0 } paths)
        {
            draft.Add(ProblemReason.InvalidField, $"spec.rules[{index}].http.paths", "", "at least one path", "http without paths serves nothing");
            return;
        }

        for (var i = 0; i < paths.Count; i++)
        {
            Path(draft, host, paths[i], new(index, i), policy);
        }
    }

    private void Path(IngressDraft draft, string host, V1HTTPIngressPath? path, FieldPath field, RoutePolicy policy)
    {
        var wantsRegex = draft.Annotations.Get(AnnotationCatalogue.UseRegex, false) || HasCapture(draft.Annotations.Find(AnnotationCatalogue.RewriteTarget));
        var kind = Kind(draft, path?.PathType, wantsRegex, field);
        if (kind is null || Match(draft, path?.Path, kind.Value, field) is not { } match)
        {
            return;
        }

        if (kind == PathMatchKind.Prefix || kind == PathMatchKind.Exact)
        {
            WarnAboutRegex(draft, match, path?.PathType, field);
        }

        var rewrite = Rewrite(draft, path?.Path, match, field);
        draft.Routes.Add(new(host, ToRoute(draft, match, path?.Backend, rewrite is null ? policy : policy with { RewriteTarget = rewrite }, field), field));
    }

    private static PathMatchKind? Kind(IngressDraft draft, string? type, bool wantsRegex, FieldPath field)
    {
        switch (type)
        {
            case "Exact":
                return PathMatchKind.Exact;
            case "Prefix":
                return PathMatchKind.Prefix;
            case "ImplementationSpecific":
                return wantsRegex ? PathMatchKind.Regex : PathMatchKind.Prefix;
            case null or "":
                draft.Add(ProblemReason.InvalidField, $"{field}.pathType", "", "Exact, Prefix or ImplementationSpecific", "pathType is missing, which the API server refuses; ImplementationSpecific is assumed", ProblemSeverity.Warning);
                return wantsRegex ? PathMatchKind.Regex : PathMatchKind.Prefix;
            default:
                draft.Add(ProblemReason.InvalidField, $"{field}.pathType", type, "Exact, Prefix or ImplementationSpecific", "no such pathType; this path is not served");
                return null;
        }
    }

    private static PathMatch? Match(IngressDraft draft, string? text, PathMatchKind kind, FieldPath field)
    {
        if (kind != PathMatchKind.Regex)
        {
            if (RulePath.TryParse(text, kind, out var match, out var error))
            {
                return match;
            }

            draft.Add(ProblemReason.InvalidPath, $"{field}.path", text, RulePath.Allowed, $"the path {error}; it is not served");
            return null;
        }

        var pattern = string.IsNullOrEmpty(text) ? "/" : text;
        if (pattern[0] != '/')
        {
            draft.Add(ProblemReason.InvalidPath, $"{field}.path", text, RegexPath.Allowed, "the path does not begin with /; it is not served");
            return null;
        }

        if (RegexPath.For(pattern).Error is { } problem)
        {
            draft.Add(ProblemReason.InvalidRegex, $"{field}.path", text, RegexPath.Allowed, $"the regex {problem}; it is not served");
            return null;
        }

        return new(PathMatchKind.Regex, pattern);
    }

    private static void WarnAboutRegex(IngressDraft draft, PathMatch match, string? type, FieldPath field)
    {
        if (!RulePath.LooksLikeRegex(match.Value))
        {
            return;
        }

        var cure = type is "Exact" or "Prefix" ? $"pathType ImplementationSpecific with {AnnotationCatalogue.UseRegex.Name}: on" : $"{AnnotationCatalogue.UseRegex.Name}: on";
        draft.Add(ProblemReason.InvalidPath, $"{field}.path", match.Value, RulePath.Allowed, $"the path looks like a pattern and is matched literally; a regex needs {cure}", ProblemSeverity.Warning);
    }

    private static string? Rewrite(IngressDraft draft, string? text, PathMatch match, FieldPath field)
    {
        if (draft.Annotations.Find(AnnotationCatalogue.RewriteTarget) is not { } target || target == text || target == match.Value)
        {
            return null;
        }

        var highest = HighestCapture(target);
        var captures = match.Kind == PathMatchKind.Regex ? RegexPath.For(match.Value).Captures : 0;
        if (highest > 0 && match.Kind != PathMatchKind.Regex)
        {
            var message = $"{field} is of type {match.Kind} and has no captures for {ProblemText.Clip(target, 64)}; this path is not rewritten";
            draft.Add(ProblemReason.InvalidAnnotation, AnnotationCatalogue.RewriteTarget.Field, target, AnnotationCatalogue.RewriteTarget.AllowedText, message);
            return null;
        }

        if (highest > captures)
        {
            var message = $"{field} has {captures} captures, so ${highest} is always empty";
            draft.Add(ProblemReason.InvalidAnnotation, AnnotationCatalogue.RewriteTarget.Field, target, AnnotationCatalogue.RewriteTarget.AllowedText, message, ProblemSeverity.Warning);
        }

        return target;
    }

    private Route ToRoute(IngressDraft draft, PathMatch match, V1IngressBackend? reference, RoutePolicy policy, FieldPath field)
    {
        if (backends.Resolve(draft, reference, field) is not { } resolved)
        {
            return new() { Owner = draft.Owner, Path = match, Policy = policy };
        }

        var terms = policies.ForBackend(draft, resolved.Service);
        if (terms.ClosedByService)
        {
            var service = $"Service {draft.Owner.Namespace}/{resolved.Backend.Service}";
            draft.Add(ProblemReason.InvalidAnnotation, $"{field.Backend}.service.name", resolved.Backend.Service, "a Service whose guards can be read", $"{service} guards access with an annotation that cannot be used, see its own problems; the path answers 503");
        }

        return new()
        {
            Owner = draft.Owner,
            Path = match,
            Backends = resolved.Under(terms.Policy),
            Policy = terms.ClosedBecause is { } because && policy.ClosedBecause is null ? policy with { ClosedBecause = because } : policy,
        };
    }

    private static bool HasCapture(string? target) => target is not null && HighestCapture(target) > 0;

    private static int HighestCapture(string target)
    {
        var highest = 0;
        for (var i = 0; i + 1 < target.Length; i++)
        {
            if (target[i] == '$')
            {
                highest = Math.Max(highest, target[i + 1] - '0');
            }
        }

        return highest;
    }
}
