using WsIngress.Translation;

namespace WsIngress.Sources;

/// <summary>Adds file and line to problems, and the problems of the sources to those of the translator. In a cluster nothing has a file.</summary>
internal sealed class ProblemLocator(IReadOnlyCollection<IObjectLocations> locations)
{
    /// <summary>Nothing has a file.</summary>
    public bool IsEmpty => locations.Count == 0;

    public TranslationResult Locate(TranslationResult result, IEnumerable<Problem> sourceProblems) => result with
    {
        Problems = [.. result.Problems.Concat(sourceProblems).Select(Locate).Order(ProblemOrder.Instance)],
        Reports = locations.Count == 0 ? result.Reports : [.. result.Reports.Select(Locate)],
    };

    public Problem Locate(Problem problem)
    {
        if (problem.Location is not null)
        {
            return problem;
        }

        foreach (var known in locations)
        {
            if (known.Locate(problem.Object, problem.Field) is { } location)
            {
                return problem with { Location = location };
            }
        }

        return problem;
    }

    private IngressReport Locate(IngressReport report) =>
        report.Problems.Length == 0 ? report : report with { Problems = [.. report.Problems.Select(Locate)] };

    /// <summary>By object, then field, then what is wrong, so that equal problems give equal text.</summary>
    private sealed class ProblemOrder : IComparer<Problem>
    {
        public static readonly ProblemOrder Instance = new();

        public int Compare(Problem? left, Problem? right)
        {
            var (a, b) = (left!, right!);
            return First(
                string.CompareOrdinal(a.Object.Kind, b.Object.Kind),
                string.CompareOrdinal(a.Object.Namespace, b.Object.Namespace),
                string.CompareOrdinal(a.Object.Name, b.Object.Name),
                string.CompareOrdinal(a.Field, b.Field),
                a.Reason.CompareTo(b.Reason),
                string.CompareOrdinal(a.Message, b.Message),
                string.CompareOrdinal(a.Location, b.Location));
        }

        private static int First(params ReadOnlySpan<int> comparisons)
        {
            foreach (var comparison in comparisons)
            {
                if (comparison != 0)
                {
                    return comparison;
                }
            }

            return 0;
        }
    }
}
