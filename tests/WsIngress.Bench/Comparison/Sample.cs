using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>What one run against one proxy gave, and what was wrong with it: then its figures do not count.</summary>
internal sealed class Sample
{
    private readonly Dictionary<string, double> _figures = [];
    private readonly List<string> _troubles = [];

    public IReadOnlyDictionary<string, double> Figures => _figures;

    public IReadOnlyList<string> Troubles => _troubles;

    public void Add(Metric metric, double figure)
    {
        if (double.IsFinite(figure))
        {
            _figures[metric.Name] = figure;
        }
        else if (_troubles.Count == 0)
        {
            Trouble($"no {metric.Name}");
        }
    }

    /// <summary>A figure of the proxy's own; there is none without a proxy.</summary>
    public void AddOf(RunningProxy proxy, Metric metric, double figure)
    {
        if (!proxy.IsDirect)
        {
            Add(metric, figure);
        }
    }

    public void Trouble(string what) => _troubles.Add(what);

    /// <summary>A socket that failed, was lost or got a wrong answer makes the figures those of something else than the work.</summary>
    public void Check(LoadReport report)
    {
        if (report.Failed + report.Lost + report.Wrong > 0)
        {
            Trouble($"{report.Failed} failed, {report.Lost} lost, {report.Wrong} wrong: {report.Trouble}");
        }
        else if (report.Messages == 0)
        {
            Trouble("nothing was done");
        }
    }
}
