using System.Collections.Immutable;
using k8s.Models;
using WsIngress.Cluster.Status;
using WsIngress.Routing;
using WsIngress.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster.Status;

/// <summary>A look at ten thousand Ingresses costs what changed, and finds the same as a look at all of them.</summary>
public sealed class StatusPlanTests
{
    private static readonly AddressList One = AddressList.Of(["203.0.113.7"]);
    private static readonly AddressList Other = AddressList.Of(["203.0.113.8", "lb.example.com"]);

    [Fact]
    public void What_did_not_change_is_not_looked_at_again()
    {
        var ingresses = Enumerable.Range(0, 10_000).Select(i => Ingress($"web-{i:00000}", "1", "203.0.113.7")).ToImmutableArray();
        var reports = ingresses.Select(ingress => Report(ingress, IngressState.Served)).ToImmutableArray();
        var plan = new StatusPlan();
        Assert.Empty(plan.Changes(Status(ingresses, reports), One));
        Assert.Empty(plan.Changes(Status(ingresses, [.. reports]), One));

        var changed = ingresses.SetItem(5000, Ingress("web-05000", "2", "198.51.100.1"));
        var status = Status(changed, [.. reports]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var changes = plan.Changes(status, AddressList.Of(["203.0.113.7"]));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal("web-05000", Assert.Single(changes).Key.Name);
        Assert.InRange(allocated, 0, 50_000);
    }

    [Fact]
    public void Other_addresses_are_news_for_all()
    {
        var ingresses = ImmutableArray.Create(Ingress("a", "1", "203.0.113.7"), Ingress("b", "1", "203.0.113.7"));
        var status = Status(ingresses, [.. ingresses.Select(ingress => Report(ingress, IngressState.Served))]);
        var plan = new StatusPlan();
        Assert.Empty(plan.Changes(status, One));
        Assert.Equal(["a", "b"], plan.Changes(status, Other).Select(change => change.Key.Name));
    }

    /// <summary>The second plan is given new objects each time, so that it can take nothing for known.</summary>
    [Fact]
    public void Whatever_happens_the_changes_are_those_of_a_look_at_all()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var (plan, all) = (new StatusPlan(), new StatusPlan());
            var cluster = new SortedDictionary<string, (V1Ingress Ingress, IngressReport Report)>(StringComparer.Ordinal);
            var addresses = One;
            for (var step = 0; step < 40; step++)
            {
                for (var i = random.Next(3); i > 0; i--)
                {
                    Change(cluster, random, step);
                }

                addresses = random.Next(10) == 0 ? (ReferenceEquals(addresses, One) ? Other : One) : addresses;
                var known = random.Next(15) == 0 ? null : addresses;
                var status = Status([.. cluster.Values.Select(one => one.Ingress)], [.. cluster.Values.Select(one => one.Report)]);
                var copy = Status([.. cluster.Values.Select(one => Copy(one.Ingress))], [.. cluster.Values.Select(one => one.Report with { })]);
                var (found, expected) = (plan.Changes(status, known), all.Changes(copy, known));
                Assert.True(found.SequenceEqual(expected), $"seed {seed}, step {step}: [{string.Join("; ", found)}] and not [{string.Join("; ", expected)}]");
                foreach (var change in found.Where(_ => random.Next(2) == 0))
                {
                    Write(cluster, [plan, all], change, random, step);
                }

                Assert.Equal(all.Clearing(copy), plan.Clearing(status));
            }
        }
    }

    private static void Change(SortedDictionary<string, (V1Ingress Ingress, IngressReport Report)> cluster, Random random, int step)
    {
        var name = "web-" + random.Next(6);
        if (random.Next(4) == 0)
        {
            cluster.Remove(name);
            return;
        }

        string[] has = random.Next(3) switch { 0 => [], 1 => ["203.0.113.7"], _ => ["203.0.113.8", "lb.example.com"] };
        var isNew = !cluster.TryGetValue(name, out var before) || random.Next(5) == 0;
        var state = random.Next(3) == 0 ? IngressState.Ignored : IngressState.Served;
        var ingress = random.Next(3) == 0 && !isNew ? before.Ingress : Ingress(name, $"{step}-{random.Next(1000)}", has);
        ingress.Metadata.Uid = isNew ? $"uid-{step}-{random.Next(1000)}" : before.Ingress.Metadata.Uid;
        ingress.Spec.IngressClassName = ReferenceEquals(ingress, before.Ingress) ? ingress.Spec.IngressClassName : random.Next(2) == 0 ? "wsingress" : "nginx";
        cluster[name] = (ingress, Report(ingress, state));
    }

    /// <summary>Done or refused by the server, and shown by the watch or not yet.</summary>
    private static void Write(SortedDictionary<string, (V1Ingress Ingress, IngressReport Report)> cluster, StatusPlan[] plans, StatusChange change, Random random, int step)
    {
        if (random.Next(3) == 0)
        {
            Array.ForEach(plans, plan => plan.Outdated(change));
            return;
        }

        var version = $"w{step}-{random.Next(1000)}";
        Array.ForEach(plans, plan => plan.Wrote(change, version));
        if (random.Next(2) == 0)
        {
            var (ingress, report) = cluster[change.Key.Name];
            var shown = Copy(ingress);
            (shown.Metadata, shown.Status) = (new() { Name = change.Key.Name, NamespaceProperty = "default", Uid = change.Uid, ResourceVersion = version }, Has(change.Addresses.IsEmpty ? [] : ["203.0.113.7"]));
            cluster[change.Key.Name] = (shown, report);
        }
    }

    private static V1Ingress Copy(V1Ingress ingress) => new() { Metadata = ingress.Metadata, Spec = ingress.Spec, Status = ingress.Status };

    private static V1Ingress Ingress(string name, string version, params string[] has) => new()
    {
        Metadata = new() { Name = name, NamespaceProperty = "default", Uid = "uid", ResourceVersion = version },
        Spec = new() { IngressClassName = "wsingress" },
        Status = Has(has),
    };

    private static V1IngressStatus Has(string[] has) => new()
    {
        LoadBalancer = new() { Ingress = [.. has.Select(address => char.IsDigit(address[0]) ? new V1IngressLoadBalancerIngress { Ip = address } : new() { Hostname = address })] },
    };

    private static IngressReport Report(V1Ingress ingress, IngressState state) => new() { Namespace = "default", Name = ingress.Metadata.Name, State = state };

    private static SyncStatus Status(ImmutableArray<V1Ingress> ingresses, ImmutableArray<IngressReport> reports) =>
        new() { Snapshot = new() { Ingresses = ingresses }, Result = new(RoutingTable.Empty, reports, []) };
}
