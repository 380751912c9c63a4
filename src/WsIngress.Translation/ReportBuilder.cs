using System.Collections.Immutable;

namespace WsIngress.Translation;

/// <summary>Step 8: what became of each Ingress, and all problems, sorted and without repetition.</summary>
internal static class ReportBuilder
{
    public static ImmutableArray<IngressReport> Reports(IReadOnlyCollection<IngressDraft> drafts)
    {
        var reports = ImmutableArray.CreateBuilder<IngressReport>(drafts.Count);
        foreach (var draft in drafts)
        {
            reports.Add(Report(draft));
        }

        InOrder.Sort(reports, Compare);
        return reports.MoveToImmutable();
    }

    /// <summary>The one that it had before where nothing of it changed.</summary>
    public static IngressReport Report(IngressDraft draft) => draft.Report = draft.Report ?? ToReport(draft);

    /// <summary>By namespace, then name.</summary>
    public static int Compare(IngressReport a, IngressReport b) => NameOrder.Instance.Compare((a.Namespace, a.Name), (b.Namespace, b.Name));

    public static ImmutableArray<Problem> Sorted(IEnumerable<Problem> problems)
    {
        var all = problems.Distinct().ToArray();
        Array.Sort(all, Compare);
        return [.. all];
    }

    private static IngressReport ToReport(IngressDraft draft)
    {
        var problems = draft.Problems.Count == 0 ? [] : Sorted(draft.Problems);
        return new()
        {
            Namespace = draft.Owner.Namespace,
            Name = draft.Owner.Name,
            State = State(draft),
            Reason = draft.IgnoredBecause ?? "",
            Hosts = Hosts(draft.ServedHosts),
            Routes = draft.Placed,
            Problems = problems,
        };
    }

    private static ImmutableArray<string> Hosts(List<string> served) =>
        served.Count == 0 ? [] : served.TrueForAll(h => h == served[0]) ? [served[0]] : [.. served.Distinct().Order(StringComparer.Ordinal)];

    private static IngressState State(IngressDraft draft)
    {
        if (draft.IgnoredBecause is not null)
        {
            return IngressState.Ignored;
        }

        if (draft.Served == 0)
        {
            return IngressState.Refused;
        }

        return draft.Problems.Exists(p => p.Severity == ProblemSeverity.Error) ? IngressState.Partial : IngressState.Served;
    }

    private static int Compare(Problem a, Problem b)
    {
        var order = string.CompareOrdinal(a.Object.Kind, b.Object.Kind);
        order = order != 0 ? order : string.CompareOrdinal(a.Object.Namespace, b.Object.Namespace);
        order = order != 0 ? order : string.CompareOrdinal(a.Object.Name, b.Object.Name);
        order = order != 0 ? order : FieldOrder.Compare(a.Field, b.Field);
        order = order != 0 ? order : a.Reason.CompareTo(b.Reason);
        order = order != 0 ? order : string.CompareOrdinal(a.Value, b.Value);
        return order != 0 ? order : string.CompareOrdinal(a.Message, b.Message);
    }
}
