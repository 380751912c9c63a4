using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster.Events;

/// <summary>
/// Writes Events, within the limits. What goes wrong is counted, told now and then, and hurts nobody. Thread-safe; one series is used by
/// one task.
/// </summary>
internal sealed class EventSender
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Objects whose limits are remembered; past that all start anew.</summary>
    private const int MostObjects = 10_000;

    private readonly ApiServer _api;
    private readonly EventOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TokenBucket _all;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string, string, string), TokenBucket> _objects = [];
    private readonly LogGate _failures;

    /// <summary>By namespace for a missing right or a namespace that is gone, by the empty text for the server.</summary>
    private readonly RetryTable<string> _retries;
    private long _sent;
    private long _suppressed;
    private long _failed;

    public EventSender(ApiServer api, EventOptions options, TimeProvider time, ILogger logger)
    {
        (_api, _options, _time, _logger) = (api, options, time, logger);
        _all = new(options.PerSecond, options.Burst, time);
        _failures = new(time, TimeSpan.FromMinutes(10));
        _retries = new(time, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));
    }

    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Not written because of a limit, or because another replica had written the same.</summary>
    public long Suppressed => Interlocked.Read(ref _suppressed);

    public long Failures => Interlocked.Read(ref _failed);

    public void Suppress(long count = 1) => Interlocked.Add(ref _suppressed, count);

    /// <summary>Zero when an Event about it may be tried now.</summary>
    public TimeSpan Remaining(EventSubject about)
    {
        var (space, all) = (_retries.Remaining(about.EventNamespace), _retries.Remaining(""));
        return space > all ? space : all;
    }

    /// <summary>Makes the Event, or brings its series up to date.</summary>
    /// <param name="series">What to tell.</param>
    /// <param name="mayWrite">Asked right before each request; throws when not.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task SendAsync(EventSeries series, Action mayWrite, CancellationToken cancellation)
    {
        if (Remaining(series.Regarding) > TimeSpan.Zero)
        {
            return;
        }

        series.At = _time.GetTimestamp();
        if (!series.IsPosted && !MayPost(series.Regarding))
        {
            series.Told = series.Count;
            Suppress();
            return;
        }

        await _all.TakeAsync(cancellation).ConfigureAwait(false);
        mayWrite();
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await WriteAsync(series, mayWrite, either.Token).ConfigureAwait(false);
            _retries.Succeed("");
            _retries.Succeed(series.Regarding.EventNamespace);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested && limit.IsCancellationRequested)
        {
            Fail(series, new ApiException(0, "", $"no answer within {AnswerTimeout.TotalSeconds:0} s", inner: late));
        }
        catch (ApiException refused)
        {
            Fail(series, refused);
        }

        series.At = _time.GetTimestamp();
    }

    private async Task WriteAsync(EventSeries series, Action mayWrite, CancellationToken cancellation)
    {
        var count = series.Count;
        if (series.IsPosted)
        {
            try
            {
                await CallAsync(HttpMethod.Patch, $"{Path(series)}/{Uri.EscapeDataString(series.Name)}", Patch(count), "application/merge-patch+json", cancellation).ConfigureAwait(false);
                Done(series, count);
                return;
            }
            catch (ApiException gone) when (gone.Code == 404)
            {
                series.IsPosted = false;
                mayWrite();
            }
        }

        try
        {
            await CallAsync(HttpMethod.Post, Path(series), Post(series), "application/json", cancellation).ConfigureAwait(false);
        }
        catch (ApiException exists) when (exists.Code == 409)
        {
            // The leader before us, or we before a restart.
            (series.IsPosted, series.Told) = (true, count);
            Suppress();
            return;
        }

        series.IsPosted = true;
        Done(series, count);
    }

    private void Done(EventSeries series, int count)
    {
        series.Told = count;
        Interlocked.Increment(ref _sent);
    }

    private void Fail(EventSeries series, ApiException refused)
    {
        var scope = refused.IsMissingRight || refused.Code == 404 ? series.Regarding.EventNamespace : refused.Code is 0 or 401 or 429 or >= 500 ? "" : null;
        if (scope is null)
        {
            // The server will not have this one; the next reminder tries again.
            series.Told = series.Count;
            _logger.Refused(series.Reason, series.Regarding.ToString(), refused.Message);
        }
        else
        {
            var wait = _retries.Fail(scope, refused.RetryAfter);
            if (_failures.Opens(scope + refused.Code))
            {
                var right = refused.IsMissingRight ? $"in namespace {scope} ('create' and 'patch' on events.events.k8s.io are needed): " : "";
                _logger.Failed(right + refused.Message, wait.TotalSeconds);
            }
        }

        // Last: whoever sees the failure finds what follows from it.
        Interlocked.Increment(ref _failed);
    }

    private bool MayPost(EventSubject about)
    {
        lock (_gate)
        {
            if (_objects.Count >= MostObjects)
            {
                _objects.Clear();
            }

            var key = (about.Kind, about.Namespace, about.Name);
            if (!_objects.TryGetValue(key, out var bucket))
            {
                _objects.Add(key, bucket = new(1 / _options.PerObjectPeriod.TotalSeconds, _options.BurstPerObject, _time));
            }

            if (bucket.TryTake())
            {
                return true;
            }
        }

        _logger.TooMany(about.ToString());
        return false;
    }

    private Task<JsonObject> CallAsync(HttpMethod method, string path, string body, string type, CancellationToken cancellation) =>
        _api.CallAsync<JsonObject>(method, path, body, type, cancellation);

    private static string Path(EventSeries series) => $"/apis/events.k8s.io/v1/namespaces/{Uri.EscapeDataString(series.Regarding.EventNamespace)}/events";

    private string Patch(int count) => new JsonObject
    {
        ["series"] = new JsonObject { ["count"] = Math.Max(2, count), ["lastObservedTime"] = MicroTime.Text(_time.GetUtcNow()) },
    }.ToJsonString();

    private string Post(EventSeries series)
    {
        var about = series.Regarding;
        var regarding = new JsonObject { ["apiVersion"] = about.ApiVersion, ["kind"] = about.Kind, ["name"] = about.Name, ["uid"] = about.Uid, ["resourceVersion"] = about.ResourceVersion };
        if (about.Namespace.Length > 0)
        {
            regarding["namespace"] = about.Namespace;
        }

        return new JsonObject
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = series.Name, ["namespace"] = about.EventNamespace },
            ["eventTime"] = MicroTime.Text(_time.GetUtcNow()),
            ["type"] = "Warning",
            ["reason"] = series.Reason,
            ["action"] = series.Action,
            ["note"] = series.Note,
            ["regarding"] = regarding,
            ["reportingController"] = EventText.Controller(_options.Controller),
            ["reportingInstance"] = EventText.Instance(_options.Instance),
        }.ToJsonString();
    }
}
