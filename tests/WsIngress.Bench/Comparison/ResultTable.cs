using System.Globalization;
using System.Text;

namespace WsIngress.Bench.Comparison;

/// <summary>The result for people: a row per figure, a column per proxy, behind each figure its ratio to nginx; then the costs of the load's own ends.</summary>
internal sealed class ResultTable(ComparisonResult result, bool markdown)
{
    private const int FigureWidth = 20;

    /// <summary>Above it the figures say more about the machine than about the proxies.</summary>
    private const double QuietPercent = 5;

    private readonly StringBuilder _text = new();

    private IReadOnlyList<PeerColumn> Columns => result.Peers;

    public override string ToString()
    {
        _text.Clear();
        Paragraph($"{result.Machine}; {result.Date}; {result.Rounds} rounds of {result.Seconds:0.##} s");
        Paragraph(string.Join("; ", Columns.Where(c => c.Version.Length > 0).Select(c => $"{c.Name}: {c.Version}")));
        Figures();
        Paragraph("");
        Paragraph("The load's own ends in the same runs: CPU of client + pod in µs per message, MB, handshake or request, and how busy the client's only thread was");
        Ends();
        foreach (var trouble in Troubles())
        {
            Paragraph(trouble);
        }

        return _text.ToString();
    }

    private void Figures()
    {
        var rows = result.Rows.Where(r => !r.OfLoad).ToList();
        Head(rows.Select(Label), "target", out var width);
        foreach (var row in rows)
        {
            Line(width, Label(row), Columns.Select(c => Figure(row, c.Name)), Verdict(row));
        }
    }

    private void Ends()
    {
        var scenarios = result.Rows.Where(r => r.OfLoad).GroupBy(r => r.Scenario).ToList();
        Head(scenarios.Select(s => s.Key), "others' share of the CPU", out var width);
        foreach (var scenario in scenarios)
        {
            string? Of(string metric, string column) =>
                scenario.FirstOrDefault(r => r.Metric.StartsWith(metric, StringComparison.Ordinal))?.Cells.GetValueOrDefault(column)?.Median is { } figure ? Show(figure) : null;

            string Cell(string column) => (Of("client's CPU", column), Of("pod's CPU", column), Of(Metric.ClientBusy.Name, column)) switch
            {
                (null, null, _) => "–",
                (null, { } pod, _) => $"wrk + {pod}",
                ({ } client, var pod, var busy) => $"{client} + {pod}, {busy} %",
            };
            Line(width, scenario.Key, Columns.Select(c => Cell(c.Name)), Others(scenario) is { } others ? $"{others:0} %" : "–");
        }
    }

    private static double? Others(IEnumerable<ResultRow> rows) => rows.Where(r => r.Metric == Metric.Others.Name).SelectMany(r => r.Cells.Values).Average(c => c.Median);

    /// <summary>Each once, with the column and the scenario.</summary>
    private IEnumerable<string> Troubles()
    {
        var invalid = result.Rows.SelectMany(r => r.Cells.SelectMany(c => (c.Value.Invalid ?? []).Select(i => $"Invalid: {r.Scenario}, {c.Key}: {i}"))).Distinct();
        return Others(result.Rows) is { } others and > QuietPercent
            ? invalid.Append($"Others took {others:0} % of the machine's CPU meanwhile: do not keep these figures")
            : invalid;
    }

    private void Head(IEnumerable<string> labels, string last, out int width)
    {
        width = labels.Append("").Max(l => l.Length) + 1;
        Line(width, "", Columns.Select(c => c.Name), last);
        if (markdown)
        {
            _text.Append("|---|").Append(string.Concat(Columns.Select(_ => "---:|"))).Append("---|\n");
        }
    }

    private void Line(int width, string label, IEnumerable<string> figures, string last)
    {
        if (markdown)
        {
            _text.Append("| ").Append(label).Append(" | ").AppendJoin(" | ", figures).Append(" | ").Append(last).Append(" |\n");
            return;
        }

        _text.Append(label.PadRight(width));
        foreach (var figure in figures)
        {
            _text.Append(figure.PadLeft(FigureWidth));
        }

        _text.Append(last.Length > 0 ? $"   {last}" : "").Append('\n');
    }

    private void Paragraph(string text) => _text.Append(text).Append(markdown && text.Length > 0 ? ".\n\n" : "\n");

    private static string Label(ResultRow row) => $"{row.Scenario}: {row.Metric}{(row.Unit.Length == 0 ? "" : row.Unit == "/s" ? row.Unit : $", {row.Unit}")}";

    private static string Figure(ResultRow row, string column)
    {
        if (row.Cells.GetValueOrDefault(column) is not { } cell)
        {
            return "–";
        }

        return cell.Median is not { } median ? cell.Invalid is null ? "–" : "invalid"
            : $"{Show(median)}{(cell.Ratio is { } ratio && column is not ("nginx" or "direct") ? $" ({ratio:0.00})" : "")}";
    }

    private static string Show(double figure) => Math.Abs(figure) switch
    {
        >= 1000 => figure.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => figure.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => figure.ToString("0.0", CultureInfo.InvariantCulture),
        _ => figure.ToString("0.00", CultureInfo.InvariantCulture),
    };

    private static string Verdict(ResultRow row) =>
        row.Target is null ? "" : row.Met.Count == 0 ? row.Target : $"{row.Target}: {string.Join(", ", row.Met.Select(m => $"{(row.Met.Count > 1 ? $"{m.Key} " : "")}{(m.Value ? "met" : "missed")}"))}";
}
