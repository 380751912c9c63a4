using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Why an Ingress is not ours (null: it is), and the problem that goes with it.</summary>
internal readonly record struct ClassDecision(string? IgnoredBecause, Problem? Problem = null)
{
    public static readonly ClassDecision Ours;
}

/// <summary>
/// Step 2: which Ingresses are ours: those in the namespaces that were chosen, by their class. <c>spec.ingressClassName</c> decides; else the
/// legacy annotation; else a default IngressClass of our controller; else <see cref="TranslationOptions.WatchIngressWithoutClass"/>.
/// </summary>
internal sealed class ClassFilter
{
    private const string LegacyAnnotation = "kubernetes.io/ingress.class";
    private const string DefaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class";

    private readonly SnapshotIndex _index;
    private readonly TranslationOptions _options;
    private readonly bool _takesClassless;
    private readonly string _classlessReason;

    public ClassFilter(SnapshotIndex index, TranslationOptions options)
    {
        _index = index;
        _options = options;
        var defaults = index.Classes.Where(IsDefault).ToList();
        _takesClassless = options.WatchIngressWithoutClass || defaults.Exists(IsOurs);
        _classlessReason = !options.IngressClassLookup
            ? "names no class, and IngressClasses are not read"
            : defaults.Count == 0
            ? "names no class, and no IngressClass is marked as default"
            : $"names no class, and the default IngressClass {defaults.Min(c => c.Metadata.Name)} belongs to another controller";
    }

    public ClassDecision Decide(V1Ingress ingress, ObjectReference reference)
    {
        if (_options.NamespaceSelector is { } selector && !_index.HasNamespace(ingress.Metadata?.NamespaceProperty ?? ""))
        {
            return new($"its namespace does not match the selector {ProblemText.Clip(selector)}");
        }

        if (ingress.Spec?.IngressClassName is { Length: > 0 } name)
        {
            return ByName(name, reference);
        }

        if (ingress.Metadata?.Annotations is { } annotations
            && annotations.TryGetValue(LegacyAnnotation, out var legacy)
            && !string.IsNullOrEmpty(legacy))
        {
            return legacy == _options.IngressClass
                ? ClassDecision.Ours
                : new($"annotation {LegacyAnnotation} is {ProblemText.Clip(legacy)}, ours is {_options.IngressClass}");
        }

        return _takesClassless ? ClassDecision.Ours : new(_classlessReason);
    }

    /// <summary>Writes the decision into the draft.</summary>
    public bool IsOurs(IngressDraft draft)
    {
        var decision = Decide(draft.Ingress, draft.Reference);
        draft.IgnoredBecause = decision.IgnoredBecause;
        if (decision.Problem is { } problem)
        {
            draft.Problems.Add(problem);
        }

        return decision.IgnoredBecause is null;
    }

    private ClassDecision ByName(string name, ObjectReference reference)
    {
        if (!_options.IngressClassLookup)
        {
            return name == _options.IngressClass
                ? ClassDecision.Ours
                : new($"names class {ProblemText.Clip(name)}, ours is {_options.IngressClass}; IngressClasses are not read");
        }

        if (_index.Class(name) is { } found)
        {
            return IsOurs(found)
                ? ClassDecision.Ours
                : new($"IngressClass {ProblemText.Clip(name)} belongs to controller {ProblemText.Clip(found.Spec?.Controller)}");
        }

        if (_options.IngressClassByName && name == _options.IngressClass)
        {
            return ClassDecision.Ours;
        }

        var reason = $"IngressClass {ProblemText.Clip(name)} does not exist";
        var allowed = "the name of an IngressClass of controller " + _options.ControllerName;
        return new(reason, new(reference, ProblemReason.ClassNotFound, "spec.ingressClassName", ProblemText.Clip(name), allowed, $"{reason}; the Ingress is not served")
        {
            // Another name is most likely another controller's business.
            Severity = name == _options.IngressClass ? ProblemSeverity.Error : ProblemSeverity.Warning,
        });
    }

    private bool IsOurs(V1IngressClass ingressClass) => ingressClass.Spec?.Controller == _options.ControllerName;

    private static bool IsDefault(V1IngressClass ingressClass) =>
        ingressClass.Metadata?.Annotations is { } annotations && annotations.TryGetValue(DefaultClassAnnotation, out var value) && value == "true";
}
