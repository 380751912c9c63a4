using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Translation.Tls;

namespace WsIngress.Translation;

/// <summary>Turns a snapshot into a routing table, reports and problems. Pure: no clock, no I/O, no log; equal input gives equal output.</summary>
public static class Translator
{
    /// <summary>
    /// Never throws for what an object holds: a bad object is a <see cref="Problem"/> and loses only what is wrong, and a defect
    /// of ours is <see cref="ProblemReason.InternalError"/> of the one Ingress that shows it.
    /// </summary>
    /// <param name="snapshot">The objects.</param>
    /// <param name="options">Which of them are ours.</param>
    /// <param name="memory">What earlier translations left behind; the result never depends on it.</param>
    public static TranslationResult Translate(ClusterSnapshot snapshot, TranslationOptions options, TranslationMemory? memory = null) =>
        Translate(snapshot, options, memory ?? new(), static _ => { });

    /// <summary><paramref name="before"/> runs ahead of each Ingress of ours; a test throws there what no input should be able to.</summary>
    internal static TranslationResult Translate(ClusterSnapshot snapshot, TranslationOptions options, TranslationMemory memory, Action<V1Ingress> before)
    {
        // 1. Index. 2. Class filter.
        var index = Index(snapshot, options, memory);
        if (memory.Settled is { } settled && new PartialTranslation(index, options, memory, settled, before).TryRun(snapshot) is { } partial)
        {
            return partial;
        }

        var problems = new List<Problem>();
        var classes = new ClassFilter(index, options);
        var ingresses = memory.Ingresses.Of(snapshot.Ingresses);

        // 3. Rules, with 4. their backends and policies. 5. TLS. All Ingress by Ingress, the winners first.
        var filler = new DraftFiller(index, options, problems, before);
        var placed = new ConflictResolver(memory.Table.Hosts.Length);
        var drafts = new List<IngressDraft>(ingresses.Length);
        var kept = new Dictionary<V1Ingress, IngressDraft>(ingresses.Length, ReferenceEqualityComparer.Instance);
        foreach (var ingress in ingresses)
        {
            var draft = Draft(ingress, index, memory);
            kept.TryAdd(ingress, draft);
            drafts.Add(draft);
            if (classes.IsOurs(draft))
            {
                filler.Fill(draft);

                // 6. Conflicts.
                placed.Place(draft);
            }
        }

        // 7. Table. 8. Reports.
        var fallback = DefaultCertificate.Bind(index, options, problems);
        var table = TableBuilder.Build(placed, filler.Backends, fallback, memory.Table);
        var reports = ReportBuilder.Reports(ByName(snapshot, kept, drafts));
        filler.Close();
        var isWhole = problems.Count == 0;
        foreach (var draft in drafts)
        {
            isWhole &= draft.IsFilled || draft.IgnoredBecause is not null;
            problems.AddRange(draft.Problems);
        }

        var result = new TranslationResult(table, reports, ReportBuilder.Sorted(problems));
        (memory.Drafts, memory.Table) = (kept, table);
        memory.Settled = isWhole && kept.Count == drafts.Count && IsByName(reports) ? new(snapshot.Ingresses, result, drafts) : null;
        return result;
    }

    /// <summary>As a store lists them: in order, and none twice.</summary>
    private static bool IsByName(ImmutableArray<IngressReport> reports)
    {
        for (var i = 1; i < reports.Length; i++)
        {
            if (ReportBuilder.Compare(reports[i - 1], reports[i]) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The drafts in the order of the snapshot, which is that of the reports, lest they are sorted again.</summary>
    private static List<IngressDraft> ByName(ClusterSnapshot snapshot, Dictionary<V1Ingress, IngressDraft> kept, List<IngressDraft> drafts) =>
        kept.Count == drafts.Count ? [.. snapshot.Ingresses.Select(ingress => kept[ingress])] : drafts;

    /// <summary>The index of the memory moved on, or a new one, with which nothing that was remembered holds.</summary>
    private static SnapshotIndex Index(ClusterSnapshot snapshot, TranslationOptions options, TranslationMemory memory)
    {
        if (memory.Options != options || memory.Index?.TryMoveTo(snapshot) != true)
        {
            memory.Drafts.Clear();
            memory.Settled = null;
            memory.Index = new(snapshot);
        }

        memory.Options = options;
        return memory.Index;
    }

    private static IngressDraft Draft(V1Ingress ingress, SnapshotIndex index, TranslationMemory memory)
    {
        if (!memory.Drafts.Remove(ingress, out var draft))
        {
            return new(ingress);
        }

        draft.Renew(index.Changed);
        return draft;
    }
}
