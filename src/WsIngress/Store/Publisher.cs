using Microsoft.Extensions.Logging;
using WsIngress.Routing;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// The last stretch: translate, compare, number, publish, tell. A table that is equal to the live one is not published and its number
/// does not move; the reports and problems that came with it are told all the same. One call at a time.
/// </summary>
/// <param name="translate">From objects to a table.</param>
/// <param name="sink">Where tables go.</param>
/// <param name="state">Told how it went.</param>
/// <param name="time">The clock of durations.</param>
/// <param name="logger">Receives what changed.</param>
/// <param name="prepare">Called once, when the first table is live, with its objects: what the next translation needs is made before there is a next.</param>
internal sealed class Publisher(Func<ClusterSnapshot, TranslationResult> translate, ITableSink sink, SyncState state, TimeProvider time, ILogger logger, Action<ClusterSnapshot>? prepare = null)
{
    private readonly ReportLog _log = new(logger);
    private readonly ToldProblems _problems = new();
    private TranslationResult? _translated;

    /// <summary>What the last good translation was made of. A failed one leaves both alone: told again with a later version, its pods would overrule those that came since.</summary>
    private ClusterSnapshot? _snapshot;
    private long _asOf;
    private RoutingTable? _live;

    /// <summary>False until a translation was tried, also when it failed.</summary>
    public bool HasTranslated { get; private set; }

    /// <summary>An exception of the translator or of the sink leaves the last table live, and gives false.</summary>
    /// <param name="snapshot">What to translate.</param>
    /// <param name="asOf">Version of the store that the snapshot shows.</param>
    /// <param name="locator">Where the objects are written.</param>
    /// <param name="sourceProblems">What the sources found wrong.</param>
    public bool Translate(ClusterSnapshot snapshot, long asOf, ProblemLocator locator, IReadOnlyList<Problem> sourceProblems)
    {
        HasTranslated = true;
        state.Update(status => status with { Translations = status.Translations + 1 });
        return Attempt(() =>
        {
            var began = time.GetTimestamp();
            var isFirst = _translated is null;
            var translated = translate(snapshot);
            Tell(translated, snapshot, asOf, locator, sourceProblems, began);
            state.Update(status => status with { LastSuccess = time.GetUtcNow(), LastDuration = time.GetElapsedTime(began), LastFailure = null });
            if (isFirst)
            {
                prepare?.Invoke(snapshot);
            }
        });
    }

    /// <summary>The sources' problems or lines changed, their objects did not.</summary>
    public void Retell(ProblemLocator locator, IReadOnlyList<Problem> sourceProblems)
    {
        if (_translated is { } translated)
        {
            Attempt(() => Tell(translated, _snapshot!, _asOf, locator, sourceProblems, time.GetTimestamp()));
        }
    }

    private bool Attempt(Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (Exception failed)
        {
            logger.TranslationFailed(state.Current.Revision, failed);
            state.Update(status => status with
            {
                Failures = status.Failures + 1,
                LastFailure = failed.Message,
                WaitingFor = _live is null ? $"a first routing table; the translation failed: {failed.Message}" : null,
            });
            return false;
        }
    }

    private void Tell(TranslationResult translated, ClusterSnapshot snapshot, long asOf, ProblemLocator locator, IReadOnlyList<Problem> sourceProblems, long began)
    {
        var located = _problems.Locate(translated, locator, sourceProblems);
        var isNew = _live is null || !_live.HasContentOf(translated.Table);
        var table = isNew ? translated.Table.WithRevision((_live?.Revision ?? 0) + 1) : _live!;
        var result = located with { Table = table };
        if (isNew)
        {
            sink.Publish(result, asOf);
            _live = table;
        }
        else
        {
            sink.Report(result, asOf);
        }

        (_translated, _snapshot, _asOf) = (translated, snapshot, asOf);

        // No part of what traffic waits for.
        var hash = table.ContentHash;
        state.Tell(status => status with { Result = result, Snapshot = snapshot, Revision = table.Revision, ContentHash = hash, WaitingFor = null });
        Log(result, isNew, hash, time.GetElapsedTime(began));
    }

    private void Log(TranslationResult result, bool isNew, string hash, TimeSpan took)
    {
        if (isNew)
        {
            logger.Published(result.Table.Revision, result.Table.Hosts.Length, result.Table.Backends.Length, result.Reports.Length, result.Problems.Length, hash, took.TotalMilliseconds);
        }
        else
        {
            logger.Unchanged(result.Table.Revision, took.TotalMilliseconds);
        }

        _log.Write(result);
    }
}
