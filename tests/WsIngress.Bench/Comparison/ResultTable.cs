using System.Globalization;
using System.Text;

namespace WsIngress.Bench.Comparison;

/// <summary>The result for people: a row per figure, a column per proxy, behind each figure its ratio to nginx.</summary>
internal sealed class ResultTable(ComparisonResult result, bool markdown)
{
    private const int FigureWidth = 16;

    private readonly StringBuilder _text = new();

    private IReadOnlyList<PeerColumn> Columns => result.Peers;

    public override string ToString()
    {
        _text.Clear();
        _text.Append(result.Machine).Append("; ").Append(result.Date).Append("; ").Append(CultureInfo.InvariantCulture, $"{result.Rounds} rounds of {result.Seconds} s").Append(End);
        _text.Append(string.Join("; ", Columns.Where(c => c.Version.Length > 0).Select(c => $"{c.Name}: {c.Version}"))).Append(End);
        Table(result.Rows.Where(r => !r.OfLoad), withTarget: true);
        _text.Append(markdown ? "\nThe load's own ends, in the same runs:\n" : "\nthe load's own ends, in the same runs\n");
        Table(result.Rows.Where(r => r.OfLoad), withTarget: false);
        Invalid();
        return _text.ToString();
    }

    private string End => markdown ? ".\n\n" : "\n";

    private void Table(IEnumerable<ResultRow> rows, bool withTarget)
    {
        var list = rows.ToList();
        var width = list.Select(Label).Append("").Max(l => l.Length) + 1;
        _text.Append('\n');
        Line(width, "", Columns.Select(c => c.Name), withTarget ? "target" : "");
        if (markdown)
        {
            _text.Append("|---|").Append(string.Concat(Columns.Select(_ => "---:|"))).Append(withTarget ? "---|\n" : "\n");
        }

        foreach (var row in list)
        {
            Line(width, Label(row), Columns.Select(c => Figure(row, c.Name)), withTarget ? Verdict(row) : "");
        }
    }

    private void Line(int width, string label, IEnumerable<string> figures, string last)
    {
        if (markdown)
        {
            _text.Append("| ").Append(label).Append(" | ").AppendJoin(" | ", figures).Append(" |").Append(last.Length > 0 ? $" {last} |" : "").Append('\n');
            return;
        }

        _text.Append(label.PadRight(width));
        foreach (var figure in figures)
        {
            _text.Append(figure.PadLeft(FigureWidth));
        }

        _text.Append(last.Length > 0 ? $"   {last}" : "").Append('\n');
    }

    private static string Label(ResultRow row) => $"{row.Scenario}: {row.Metric}{(row.Unit.Length == 0 ? "" : row.Unit == "/s" ? row.Unit : $", {row.Unit}")}";

    private static string Figure(ResultRow row, string column)
    {
        if (!row.Cells.TryGetValue(column, out var cell))
        {
            return "–";
        }

        return cell.Median is not { } median ? "invalid" : $"{Show(median)}{(cell.Ratio is { } ratio && column is not ("nginx" or "direct") ? $" ({ratio:0.00})" : "")}";
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

    /// <summary>Each trouble once, with the column and the scenario.</summary>
    private void Invalid()
    {
        foreach (var trouble in result.Rows.SelectMany(r => r.Cells.SelectMany(c => (c.Value.Invalid ?? []).Select(i => $"invalid: {r.Scenario}, {c.Key}: {i}"))).Distinct())
        {
            _text.Append(markdown ? "\n- " : "").Append(trouble).Append('\n');
        }
    }
}
