using System.Text.Json.Nodes;

namespace WsIngress.Cluster.Election;

/// <summary>
/// A Lease as the server has it. Kept as JSON, so that what others added (labels, owners, fields of later versions) survives our
/// updates. What cannot be read counts as absent.
/// </summary>
internal sealed class LeaseRecord
{
    private readonly JsonObject _lease;
    private readonly JsonObject _spec;

    public LeaseRecord(JsonObject lease)
    {
        _lease = lease;
        _spec = lease["spec"] as JsonObject ?? [];
        Holder = Text(_spec["holderIdentity"]) ?? "";
        AcquireTime = Text(_spec["acquireTime"]) ?? "";
        Duration = TimeSpan.FromSeconds(Number(_spec["leaseDurationSeconds"]) ?? 0);
        Transitions = Number(_spec["leaseTransitions"]) ?? 0;
        Spec = _spec.ToJsonString();
    }

    /// <summary>Empty: nobody's.</summary>
    public string Holder { get; }

    /// <summary>As written. With the holder it tells one term from another, even of two processes with one identity.</summary>
    public string AcquireTime { get; }

    /// <summary>As its holder wrote it; zero when it did not.</summary>
    public TimeSpan Duration { get; }

    public int Transitions { get; }

    /// <summary>The whole spec: it changes with every renewal, and not when somebody adds a label.</summary>
    public string Spec { get; }

    /// <summary>Body of a POST.</summary>
    public static string New(string name, LeaseTerm term)
    {
        var spec = new JsonObject();
        Write(spec, term);
        return new JsonObject
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = spec,
        }.ToJsonString();
    }

    /// <summary>Body of a PUT; its resourceVersion is the one that was read, so a stale one is refused with 409.</summary>
    public string With(LeaseTerm term)
    {
        var lease = (JsonObject)_lease.DeepClone();
        var spec = (JsonObject)_spec.DeepClone();
        Write(spec, term);
        lease["spec"] = spec;
        return lease.ToJsonString();
    }

    private static void Write(JsonObject spec, LeaseTerm term)
    {
        spec["holderIdentity"] = term.Holder;
        spec["leaseDurationSeconds"] = (int)Math.Clamp(Math.Ceiling(term.Duration.TotalSeconds), 1, int.MaxValue);
        spec["acquireTime"] = term.AcquireTime;
        spec["renewTime"] = term.RenewTime;
        spec["leaseTransitions"] = term.Transitions;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static int? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<int>(out var number) && number >= 0 ? number : null;
}

/// <summary>What is written into a Lease; the times are of <see cref="MicroTime"/>.</summary>
internal readonly record struct LeaseTerm(string Holder, TimeSpan Duration, string AcquireTime, string RenewTime, int Transitions);
