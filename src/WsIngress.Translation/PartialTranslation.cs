using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation.Tls;

namespace WsIngress.Translation;

/// <summary>What a translation found, complete and without a defect, so that the next one may begin from it.</summary>
internal sealed class SettledTranslation(ImmutableArray<V1Ingress> ingresses, TranslationResult result, IReadOnlyCollection<IngressDraft> drafts)
{
    private IReadOnlyCollection<IngressDraft>? _drafts = drafts;

    public ImmutableArray<V1Ingress> Ingresses { get; set; } = ingresses;

    public TranslationResult Result { get; set; } = result;

    /// <summary>Made when it is first asked for: at the start of a cluster every translation is a whole one.</summary>
    public ClaimIndex Claims
    {
        get
        {
            field ??= new(_drafts!, Result.Table);
            _drafts = null;
            return field;
        }
    }
}

/// <summary>
/// Translates a small change by a small piece of work. Ingresses that changed, or that looked up what changed, are read anew; then every name that
/// they claim or claimed is decided anew among all who claim it, and so on for their other names, until no Ingress outside claims a name inside.
/// Everything else stands. The result is that of a whole translation, which is done instead where a change is not small or an object shared by
/// Ingresses has problems of its own.
/// </summary>
internal sealed class PartialTranslation(SnapshotIndex index, TranslationOptions options, TranslationMemory memory, SettledTranslation settled, Action<V1Ingress> before)
{
    /// <summary>Past so many Ingresses the whole is as quick.</summary>
    private const int Most = 1_000;

    private readonly HashSet<IngressDraft> _inside = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Queue<string> _asked = new();
    private readonly HashSet<Problem> _solved = new(ReferenceEqualityComparer.Instance);
    private readonly SortedDictionary<(string, string), IngressReport?> _reports = new(NameOrder.Instance);

    /// <summary>Null when it takes a whole translation; the memory holds nothing then that is not true.</summary>
    public TranslationResult? TryRun(ClusterSnapshot snapshot)
    {
        var isDone = false;
        try
        {
            var result = Run(snapshot);
            isDone = result is not null;
            return result;
        }
        finally
        {
            if (!isDone)
            {
                memory.Drafts.Clear();
                memory.Settled = null;
            }
        }
    }

    private TranslationResult? Run(ClusterSnapshot snapshot)
    {
        var (gone, come) = ListDifference.Sorted(settled.Ingresses, snapshot.Ingresses);
        if (gone.Length + come.Length > Most || (gone.Length > 0 && come.Intersect(gone, ReferenceEqualityComparer.Instance).Any()))
        {
            return null;
        }

        var problems = new List<Problem>();
        var filler = new DraftFiller(index, options, problems, before);
        foreach (var ingress in gone)
        {
            Leave(ingress);
        }

        if (!TryRead(come, filler))
        {
            return null;
        }

        filler.Close();
        var certificate = DefaultCertificate.Bind(index, options, problems);
        if (problems.Count > 0 || _inside.Any(draft => draft.IgnoredBecause is null && !draft.IsFilled) || !TryClose())
        {
            return null;
        }

        var placed = new ConflictResolver(_names.Count);
        foreach (var draft in _inside.Where(draft => draft.IgnoredBecause is null).OrderBy(draft => draft.Ingress, IngressOrder.Instance))
        {
            draft.TakeBackends(filler.Backends);
            placed.Place(draft);
        }

        var table = new TablePatch(memory.Table, settled.Claims).Apply(_names, placed, filler.Backends.Resolved, certificate);
        foreach (var draft in _inside)
        {
            _reports[Key(draft)] = ReportBuilder.Report(draft);
        }

        var reports = SortedPatch.Apply(settled.Result.Reports, _reports, KeyOf);
        memory.Table = table;
        settled.Ingresses = snapshot.Ingresses;
        return settled.Result = new(table, reports, Problems());
    }

    private void Leave(V1Ingress ingress)
    {
        if (memory.Drafts.Remove(ingress, out var draft))
        {
            Forget(draft);
            _reports[Key(draft)] = null;
        }
    }

    private bool TryRead(ImmutableArray<V1Ingress> come, DraftFiller filler)
    {
        var classes = new ClassFilter(index, options);
        var drafts = index.Changed.Count == 0 ? [] : memory.Drafts.Values.Where(draft => draft.LooksUp(index.Changed)).ToList();
        foreach (var draft in drafts)
        {
            Forget(draft);
            draft.Renew(index.Changed);
        }

        foreach (var ingress in come)
        {
            var draft = new IngressDraft(ingress);
            if (!_reports.ContainsKey(Key(draft)) && SortedPatch.Find(settled.Result.Reports, Key(draft), KeyOf, NameOrder.Instance) is not null)
            {
                // Two of one name: no store holds these.
                return false;
            }

            memory.Drafts[ingress] = draft;
            drafts.Add(draft);
        }

        foreach (var draft in drafts)
        {
            _inside.Add(draft);
            if (classes.IsOurs(draft))
            {
                filler.Fill(draft);
            }

            settled.Claims.Add(draft);
            Ask(draft);
        }

        return true;
    }

    /// <summary>Takes in everybody who claims a name that is asked for; false when these are too many.</summary>
    private bool TryClose()
    {
        while (_asked.TryDequeue(out var name))
        {
            foreach (var draft in settled.Claims.Of(name))
            {
                if (_inside.Add(draft))
                {
                    _solved.UnionWith(draft.Problems);
                    draft.Renew([]);
                    Ask(draft);
                }
            }

            if (_inside.Count > Most)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What it claimed is free, and its problems are told no more.</summary>
    private void Forget(IngressDraft draft)
    {
        settled.Claims.Remove(draft);
        Ask(draft);
        _solved.UnionWith(draft.Problems);
    }

    private void Ask(IngressDraft draft)
    {
        foreach (var name in draft.Claims)
        {
            if (_names.Add(name))
            {
                _asked.Enqueue(name);
            }
        }
    }

    private ImmutableArray<Problem> Problems()
    {
        var told = settled.Result.Problems;
        return _solved.Count == 0 && _inside.All(draft => draft.Problems.Count == 0)
            ? told
            : ReportBuilder.Sorted(told.Where(problem => !_solved.Contains(problem)).Concat(_inside.SelectMany(draft => draft.Problems)));
    }

    private static (string, string) KeyOf(IngressReport report) => (report.Namespace, report.Name);

    private static (string, string) Key(IngressDraft draft) => (draft.Owner.Namespace, draft.Owner.Name);
}
