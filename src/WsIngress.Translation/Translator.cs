using k8s.Models;
using WsIngress.Routing;

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
    /// <param name="before">A table made earlier: its parts that come out equal are taken over as objects. The content never depends on it.</param>
    public static TranslationResult Translate(ClusterSnapshot snapshot, TranslationOptions options, RoutingTable? before = null) =>
        Translate(snapshot, options, before, static _ => { });

    /// <summary><paramref name="before"/> runs ahead of each Ingress of ours; a test throws there what no input should be able to.</summary>
    internal static TranslationResult Translate(ClusterSnapshot snapshot, TranslationOptions options, RoutingTable? earlier, Action<V1Ingress> before)
    {
        var problems = new List<Problem>();

        // 1. Index. 2. Class filter.
        var index = new SnapshotIndex(snapshot);
        var classes = new ClassFilter(index, options);
        var ingresses = snapshot.Ingresses.ToArray();
        Array.Sort(ingresses, IngressOrder.Instance);

        // 3. Rules, with 4. their backends and policies. 5. TLS. All Ingress by Ingress, the winners first.
        var filler = new DraftFiller(index, options, problems, before);
        var placed = new ConflictResolver();
        var drafts = new List<IngressDraft>(ingresses.Length);
        foreach (var ingress in ingresses)
        {
            var draft = new IngressDraft(ingress);
            drafts.Add(draft);
            if (IsOurs(draft, classes))
            {
                filler.Fill(draft);

                // 6. Conflicts.
                placed.Place(draft);
            }
        }

        filler.Close();

        // 7. Table. 8. Reports.
        var table = TableBuilder.Build(placed, filler.Backends, earlier ?? RoutingTable.Empty);
        return new(table, ReportBuilder.Reports(drafts), ReportBuilder.Sorted(problems.Concat(drafts.SelectMany(d => d.Problems))));
    }

    private static bool IsOurs(IngressDraft draft, ClassFilter classes)
    {
        var decision = classes.Decide(draft.Ingress, draft.Reference);
        draft.IgnoredBecause = decision.IgnoredBecause;
        if (decision.Problem is { } problem)
        {
            draft.Problems.Add(problem);
        }

        return decision.IgnoredBecause is null;
    }
}
