namespace WsIngress.Bench.Comparison;

/// <summary>Gathers the samples of one scenario and makes its rows.</summary>
internal sealed class ResultBuilder(Scenario scenario)
{
    private const string Reference = "nginx";

    private readonly Dictionary<string, List<Sample>> _samples = [];

    public void Add(string peer, Sample sample)
    {
        if (!_samples.TryGetValue(peer, out var samples))
        {
            _samples[peer] = samples = [];
        }

        samples.Add(sample);
    }

    /// <param name="held">The columns that targets are about.</param>
    public IEnumerable<ResultRow> Rows(IReadOnlyCollection<string> held)
    {
        foreach (var metric in scenario.Metrics)
        {
            var row = new ResultRow(scenario.Name, metric.Name, metric.Unit, metric.Target?.ToString(), metric.OfLoad);
            foreach (var (peer, samples) in _samples)
            {
                row.Cells[peer] = Cell(metric, samples);
            }

            foreach (var cell in row.Cells.Values)
            {
                cell.Ratio = metric.OfLoad ? null : cell.Median / row.Cells.GetValueOrDefault(Reference)?.Median;
            }

            foreach (var peer in held)
            {
                if (metric.Target?.IsMet(row.Cells.GetValueOrDefault(peer)?.Median, p => row.Cells.GetValueOrDefault(p)?.Median) is { } met)
                {
                    row.Met[peer] = met;
                }
            }

            yield return row;
        }
    }

    private static ResultCell Cell(Metric metric, List<Sample> samples)
    {
        var troubles = samples.SelectMany(s => s.Troubles).Distinct().ToList();
        return new()
        {
            Rounds = [.. samples.Where(s => s.Figures.ContainsKey(metric.Name)).Select(s => Math.Round(s.Figures[metric.Name], 4))],
            Invalid = troubles.Count > 0 ? troubles : null,
        };
    }
}
