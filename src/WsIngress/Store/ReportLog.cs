using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using WsIngress.Routing;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>Writes what changed from one translation to the next to the log: a line per Ingress and per problem, none for what stayed.</summary>
internal sealed class ReportLog(ILogger logger)
{
    private const int MaxProblems = 1_000;

    private ImmutableArray<IngressReport> _reports = [];
    private ImmutableArray<Problem> _written = [];
    private Dictionary<(ObjectReference, ProblemReason, string, string), Problem> _problems = [];

    public void Write(TranslationResult result)
    {
        WriteReports(result.Reports);
        WriteProblems(result.Problems);
    }

    private void WriteReports(ImmutableArray<IngressReport> reports)
    {
        var (gone, come) = SortedDifference.Between(_reports.AsSpan(), reports.AsSpan(), static (a, b) => new ObjectKey(a.Namespace, a.Name).CompareTo(new(b.Namespace, b.Name)));
        var before = gone.ToDictionary(report => (report.Namespace, report.Name));
        foreach (var report in come)
        {
            if (!before.Remove((report.Namespace, report.Name), out var old) || !Same(old, report))
            {
                WriteReport(report);
            }
        }

        foreach (var (@namespace, name) in before.Keys)
        {
            logger.IngressGone(@namespace, name);
        }

        _reports = reports;
    }

    private void WriteReport(IngressReport report)
    {
        if (report.State == IngressState.Ignored)
        {
            logger.IngressIgnored(report.Namespace, report.Name, report.Reason);
        }
        else if (logger.IsEnabled(LogLevel.Information))
        {
            var hosts = string.Join(", ", report.Hosts.Take(20).Select(host => host.Length == 0 ? "*" : host));
            logger.IngressStatus(report.Namespace, report.Name, report.State.ToString(), report.Routes, report.Problems.Length, hosts);
        }
    }

    private void WriteProblems(ImmutableArray<Problem> problems)
    {
        if (problems == _written)
        {
            return;
        }

        _written = problems;
        var next = new Dictionary<(ObjectReference, ProblemReason, string, string), Problem>(problems.Length);
        var written = 0;
        foreach (var problem in problems)
        {
            var key = (problem.Object, problem.Reason, problem.Field, problem.Message);
            if (next.TryAdd(key, problem) && !_problems.ContainsKey(key) && written++ < MaxProblems)
            {
                WriteProblem(problem);
            }
        }

        foreach (var (key, problem) in _problems)
        {
            if (!next.ContainsKey(key) && written++ < MaxProblems)
            {
                logger.ProblemSolved(problem.Reason.ToString(), problem.Object.ToString(), ProblemSentence.Field(problem));
            }
        }

        if (written > MaxProblems)
        {
            logger.MoreProblems(written - MaxProblems);
        }

        _problems = next;
    }

    private void WriteProblem(Problem problem)
    {
        var (reason, location, about) = (problem.Reason.ToString(), problem.Location ?? "the cluster", problem.Object.ToString());
        var (field, text) = (ProblemSentence.Field(problem), ProblemSentence.Text(problem).TrimEnd('.'));
        if (problem.Severity == ProblemSeverity.Error)
        {
            logger.ProblemError(reason, location, about, field, text);
        }
        else
        {
            logger.ProblemWarning(reason, location, about, field, text);
        }
    }

    /// <summary>The number of problems is enough: the problems have lines of their own.</summary>
    private static bool Same(IngressReport old, IngressReport report) =>
        ReferenceEquals(old, report)
        || (old.State == report.State
            && old.Reason == report.Reason
            && old.Routes == report.Routes
            && old.Problems.Length == report.Problems.Length
            && old.Hosts.AsSpan().SequenceEqual(report.Hosts.AsSpan()));
}
