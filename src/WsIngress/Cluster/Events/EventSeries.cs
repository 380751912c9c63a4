namespace WsIngress.Cluster.Events;

/// <summary>What makes two Events the same.</summary>
internal readonly record struct EventKey(string Kind, string Namespace, string Name, string Uid, string Reason, string Note);

/// <summary>One Event and how often its cause was seen. Used by one task.</summary>
internal sealed class EventSeries(EventSubject regarding, string name, string action, string reason, string note)
{
    public EventSubject Regarding { get; } = regarding;

    public string Name { get; } = name;

    public string Action { get; } = action;

    public string Reason { get; } = reason;

    public string Note { get; } = note;

    /// <summary>Times seen.</summary>
    public int Count { get; set; } = 1;

    /// <summary>The server has it.</summary>
    public bool IsPosted { get; set; }

    /// <summary>What <see cref="Count"/> was when it was last sent; below it something is to be told.</summary>
    public int Told { get; set; }

    /// <summary>When it was last sent, tried or suppressed.</summary>
    public long At { get; set; }

    /// <summary>When its cause was first seen.</summary>
    public long Since { get; init; }

    /// <summary>Its cause is there now.</summary>
    public bool IsPresent { get; set; } = true;

    public static EventKey Key(EventSubject about, string reason, string note) => new(about.Kind, about.Namespace, about.Name, about.Uid, reason, note);
}
