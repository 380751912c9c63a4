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
    private readonly List<(IngressDraft Draft, Lookup[] Lookups)> _fresh = [];

    private RuleTranslator Rules => field ??= new(Backends, new PolicyBuilder(index, problems));

    private TlsTranslator Tls => field ??= new(index);

    public BackendResolver Backends { get; } = new(index, options, problems);

    public void Fill(IngressDraft draft)
    {
        try
        {
            before(draft.Ingress);
            if (RememberedDraft.TryFill(draft, options, index, Backends))
            {
                return;
            }

            index.Lookups.Clear();
            Backends.Uses.Clear();
            draft.Annotations = AnnotationReader.Read(draft.Ingress.Metadata?.Annotations, AnnotationTargets.Ingress, draft.Reference, draft.Problems);
            Rules.Translate(draft);
            Tls.Translate(draft);
            Lookup[] lookups = [.. index.Lookups];
            RememberedDraft.Keep(draft, options, lookups, [.. Backends.Uses]);
            _fresh.Add((draft, lookups));
        }
        catch (Exception e)
        {
            RememberedDraft.Forget(draft.Ingress);
            draft.Clear();
            draft.Add(ProblemReason.InternalError, "", "", "", $"WsIngress failed on this Ingress ({e.GetType().Name}: {ProblemText.Clip(e.Message)}); the others are served. Please report it");
        }
    }

    /// <summary>After the last Ingress: forgets those that depend on an object with problems of its own, so that the next translation tells these again.</summary>
    public void Close()
    {
        if (problems.Count == 0)
        {
            return;
        }

        var troubled = problems.Select(p => (p.Object.Namespace, p.Object.Name)).ToHashSet();
        foreach (var (draft, lookups) in _fresh)
        {
            if (Array.Exists(lookups, l => Touches(l, troubled)))
            {
                RememberedDraft.Forget(draft.Ingress);
            }
        }
    }

    private static bool Touches(Lookup lookup, HashSet<(string, string)> troubled) =>
        troubled.Contains((lookup.Namespace, lookup.Name))
        || (lookup.Found is V1EndpointSlice[] slices && Array.Exists(slices, s => troubled.Contains((s.Metadata?.NamespaceProperty ?? "", s.Metadata?.Name ?? ""))));
}
