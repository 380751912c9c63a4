using System.Collections.Concurrent;

namespace WsIngress.Cluster;

/// <summary>How one kind's following stands, for metrics. Written by its Reflectors, read from any thread.</summary>
internal sealed class ReflectorState(string kind)
{
    private readonly ConcurrentDictionary<string, long> _relists = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, long> _failures = new();

    /// <summary>One per Reflector: when it last heard the server, and whether its watch is open.</summary>
    private readonly ConcurrentBag<ReflectorContact> _contacts = [];
    private long _events;

    /// <summary>As in paths, such as <c>ingresses</c>.</summary>
    public string Kind { get; } = kind;

    public long EventCount => Volatile.Read(ref _events);

    /// <summary>Lists after the first, by their cause.</summary>
    public IEnumerable<KeyValuePair<string, long>> Relists => _relists;

    /// <summary>Failures by status code; 0 is no answer.</summary>
    public IEnumerable<KeyValuePair<int, long>> Failures => _failures;

    public void Events(int count) => Interlocked.Add(ref _events, count);

    /// <summary>For a Reflector that begins.</summary>
    public ReflectorContact NewContact(DateTimeOffset now)
    {
        var contact = new ReflectorContact(now);
        _contacts.Add(contact);
        return contact;
    }

    public void Relist(string reason) => _relists.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    public void Failed(int code) => _failures.AddOrUpdate(code, 1, static (_, count) => count + 1);

    /// <summary>Of the Reflector that heard the server longest ago; now before there is one.</summary>
    public DateTimeOffset LastContact(DateTimeOffset now) => _contacts.Select(c => c.Last).DefaultIfEmpty(now).Min();

    /// <summary>How long the worst of them has not heard the server; zero while every watch is open and none has missed a bookmark.</summary>
    public TimeSpan Age(DateTimeOffset now) => _contacts.Select(c => c.Age(now)).Append(TimeSpan.Zero).Max();
}
