using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>Faults of a fake API server, switched at run time. A kind is its plural; null means all kinds.</summary>
public sealed class Faults
{
    private const string All = "*";

    private readonly ObjectStore _store;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _stalls = new();
    private readonly ConcurrentDictionary<string, bool> _duplicates = new();
    private volatile FaultRule[] _rules = [];

    internal Faults(ObjectStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
    }

    /// <summary>Breaks the connections of all open watches in the middle of a line.</summary>
    public void CutWatches(string? kind = null) => Each(kind, w => w.Cut());

    /// <summary>Ends all open watches as complete responses, as after timeoutSeconds.</summary>
    public void EndWatches(string? kind = null) => Each(kind, w => w.End());

    /// <summary>Writes a line that is no JSON into all open watches; they stay open.</summary>
    public void GarbageLine(string? kind = null) => Each(kind, w => w.Put(new WatchLine(Encoding.UTF8.GetBytes("{\"type\":\"MODIFIED\",\"object\":{!\n"))));

    /// <summary>Open and new watches go silent, but stay open, until <see cref="ResumeWatches"/>.</summary>
    public void StallWatches(string? kind = null) =>
        _stalls.TryAdd(kind ?? All, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Stalled watches go on with all that happened meanwhile.</summary>
    public void ResumeWatches(string? kind = null)
    {
        if (_stalls.TryRemove(kind ?? All, out var stall))
        {
            stall.TrySetResult();
        }
    }

    /// <summary>Every watch event is sent twice while on.</summary>
    public void DuplicateEvents(bool on = true, string? kind = null) => _duplicates[kind ?? All] = on;

    /// <summary>The next requests fail with this status.</summary>
    /// <param name="status">400–599; 429 is plain text, as from priority and fairness, all others are a Status.</param>
    /// <param name="retryAfter">Whole seconds of the Retry-After header, or none.</param>
    /// <param name="times">How many requests.</param>
    /// <param name="kind">Plural, or null for all.</param>
    /// <param name="verb">Verb of RBAC (list, watch, patch…), or null for all.</param>
    public void Fail(int status, TimeSpan? retryAfter = null, int times = int.MaxValue, string? kind = null, string? verb = null)
    {
        var (reason, message) = status switch
        {
            401 => ("Unauthorized", "Unauthorized"),
            403 => ("Forbidden", "forbidden by a fault"),
            404 => ("NotFound", "the server could not find the requested resource"),
            409 => ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
            429 => ("TooManyRequests", "Too many requests, please try again later."),
            500 => ("InternalError", "Internal error occurred"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("", $"fault {status}"),
        };
        var seconds = (int?)retryAfter?.TotalSeconds;
        var details = seconds is null ? null : new JsonObject { ["retryAfterSeconds"] = seconds };
        Add(new FaultRule(kind, verb, times) { Failure = new ApiFailure(status, reason, message, details) { RetryAfter = seconds, PlainText = status == 429 } });
    }

    /// <summary>A validating webhook refuses the next requests, with 403 as RBAC does and in words of its own.</summary>
    /// <param name="reason">The webhook's own words.</param>
    /// <param name="kind">Plural.</param>
    /// <param name="verb">Verb of RBAC.</param>
    /// <param name="name">The one object, or null for all.</param>
    /// <param name="times">How many requests.</param>
    public void Deny(string reason, string kind, string verb, string? name = null, int times = int.MaxValue) => Add(new FaultRule(kind, verb, times)
    {
        Name = name,
        Failure = new ApiFailure(403, "Forbidden", $"admission webhook \"policy.example.com\" denied the request: {reason}", new JsonObject()),
    });

    /// <summary>The next lists and watches (in the stream forms: the next watches) are told that their version is too old.</summary>
    public void Gone(GoneForm form = GoneForm.StreamExpired, int times = 1, string? kind = null, string? verb = null)
    {
        var failure = form == GoneForm.Response ? ApiFailure.ExpiredList() : ApiFailure.ExpiredWatch(1, _store.Revision, form == GoneForm.StreamGone ? "Gone" : "Expired");
        foreach (var hit in form == GoneForm.Response && verb is null ? new[] { "list", "watch" } : [verb ?? "watch"])
        {
            Add(new FaultRule(kind, hit, times) { Failure = failure, InStream = form != GoneForm.Response });
        }
    }

    /// <summary>The next requests are answered only after this time.</summary>
    public void Delay(TimeSpan delay, int times = int.MaxValue, string? kind = null, string? verb = null) =>
        Add(new FaultRule(kind, verb, times) { Delay = delay });

    /// <summary>The next requests are carried out, and their answers stop in the middle until <see cref="Clear"/>; watches are left alone.</summary>
    public void StallAnswers(int times = int.MaxValue, string? kind = null, string? verb = null) => Add(new FaultRule(kind, verb, times) { Answer = new() });

    /// <summary>The next requests are carried out, and their answers are cut in the middle; watches are left alone.</summary>
    public void CutAnswers(int times = int.MaxValue, string? kind = null, string? verb = null) => Add(new FaultRule(kind, verb, times) { Answer = new() { IsCut = true } });

    /// <summary>Takes back all faults that last.</summary>
    public void Clear()
    {
        Array.ForEach(_rules, rule => rule.Answer?.End());
        _rules = [];
        _duplicates.Clear();
        foreach (var kind in _stalls.Keys)
        {
            ResumeWatches(kind == All ? null : kind);
        }
    }

    /// <summary>Delays or refuses a request as told.</summary>
    /// <returns>What is to become of its answer; null for nothing.</returns>
    /// <exception cref="ApiFailure">The fault.</exception>
    internal async Task<AnswerFault?> CheckAsync(string kind, string verb, string name, CancellationToken stop)
    {
        AnswerFault? answer = null;
        foreach (var rule in _rules.Where(r => !r.InStream && r.Takes(kind, verb, name)))
        {
            if (rule.Delay > TimeSpan.Zero)
            {
                await Task.Delay(rule.Delay, _time, stop);
            }

            if (rule.Failure is not null)
            {
                throw rule.Failure;
            }

            answer ??= rule.Answer;
        }

        return answer;
    }

    /// <exception cref="ApiFailure">410 for the stream.</exception>
    internal void CheckWatch(ResourceKind kind)
    {
        if (_rules.FirstOrDefault(r => r.InStream && r.Takes(kind.Plural, "watch")) is { Failure: { } failure })
        {
            throw failure;
        }
    }

    internal bool Duplicates(ResourceKind kind) => _duplicates.GetValueOrDefault(All) || _duplicates.GetValueOrDefault(kind.Plural);

    internal async ValueTask StallEndAsync(ResourceKind kind, CancellationToken stop)
    {
        while (_stalls.GetValueOrDefault(All) is { } stall || _stalls.TryGetValue(kind.Plural, out stall))
        {
            await stall.Task.WaitAsync(stop);
        }
    }

    private void Add(FaultRule rule) => _rules = [.. _rules, rule];

    private void Each(string? kind, Action<WatchSubscription> act)
    {
        foreach (var watch in _store.Watches(kind))
        {
            act(watch);
        }
    }
}
