namespace WsIngress.ApiServer;

/// <summary>A fault that hits requests: which ones, how often, and what happens.</summary>
internal sealed class FaultRule
{
    private int _left;

    public FaultRule(string? kind, string? verb, int times)
    {
        Kind = kind;
        Verb = verb;
        _left = times;
    }

    /// <summary>Plural, or null for all.</summary>
    public string? Kind { get; }

    /// <summary>Verb of RBAC, or null for all.</summary>
    public string? Verb { get; }

    /// <summary>Of the one object, or null for all.</summary>
    public string? Name { get; init; }

    public TimeSpan Delay { get; init; }

    public ApiFailure? Failure { get; init; }

    /// <summary>What becomes of the answer; the request itself is carried out.</summary>
    public AnswerFault? Answer { get; init; }

    /// <summary>Whether the failure is an ERROR event of a watch and not a response.</summary>
    public bool InStream { get; init; }

    /// <summary>Whether the rule hits; counts it.</summary>
    public bool Takes(string kind, string verb, string name = "") =>
        (Kind is null || Kind == kind) && (Verb is null || Verb == verb) && (Name is null || Name == name) && Volatile.Read(ref _left) > 0 && Interlocked.Decrement(ref _left) >= 0;
}
