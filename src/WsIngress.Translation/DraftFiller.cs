using k8s.Models;
using WsIngress.Translation.Annotations;
using WsIngress.Translation.Backends;
using WsIngress.Translation.Rules;
using WsIngress.Translation.Tls;

namespace WsIngress.Translation;

/// <summary>
/// Steps 3 to 5 for one Ingress after the other: from memory where nothing that it depends on has changed, else anew. A defect of
/// ours costs the one Ingress that shows it.
/// </summary>
internal sealed class DraftFiller(SnapshotIndex index, TranslationOptions options, List<Problem> problems, Action<V1Ingress> before)
{
    private readonly List<IngressDraft> _fresh = [];

    private RuleTranslator Rules => field ??= new(Backends, new PolicyBuilder(index, options.Defaults, problems));

    private TlsTranslator Tls => field ??= new(index);

    public BackendResolver Backends { get; } = new(index, options, problems);

    public void Fill(IngressDraft draft)
    {
        try
        {
            before(draft.Ingress);
            if (draft.IsFilled)
            {
                draft.TakeBackends(Backends);
                return;
            }

            var isClean = draft.Problems.Count == 0;
            index.Lookups.Clear();
            Backends.Uses.Clear();
            draft.Annotations = AnnotationReader.Read(draft.Ingress.Metadata?.Annotations, AnnotationTargets.Ingress, draft.Reference, draft.Problems, options.Defaults);
            ForeignAnnotations.Name(draft.Ingress, draft.Reference, draft.Problems);
            Rules.Translate(draft);
            Tls.Translate(draft);
            if (isClean)
            {
                draft.Filled(index.Lookups, Backends.Uses);
                _fresh.Add(draft);
            }
        }
        catch (Exception e)
        {
            draft.Clear();
            draft.Add(ProblemReason.InternalError, "", "", "", $"WsIngress failed on this Ingress ({e.GetType().Name}: {ProblemText.Clip(e.Message)}); the others are served. Please report it");
        }
    }

    /// <summary>
    /// After the last Ingress: those that depend on an object with problems of its own are not kept, since these problems are told by
    /// whoever reads that object.
    /// </summary>
    public void Close()
    {
        if (problems.Count == 0)
        {
            return;
        }

        var troubled = problems.Select(p => (p.Object.Namespace, p.Object.Name)).ToHashSet();
        foreach (var draft in _fresh)
        {
            if (draft.DependsOn(troubled, index))
            {
                draft.Unfill();
            }
        }
    }
}
