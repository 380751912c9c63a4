using System.Collections;
using System.Reflection;
using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>What is told to be in force is what the routes have, for every annotation and every limit that there is or will be.</summary>
public sealed class EffectiveSettingsTests
{
    private const string IdleTimeout = "wsingress.io/websocket-idle-timeout";
    private const string DrainWindow = "wsingress.io/drain-window";

    [Fact]
    public void Every_annotation_of_the_catalogue_is_told_once_with_its_default()
    {
        var told = EffectiveSettings.Of(Ingress(), Service(), AnnotationDefaults.None);

        Assert.Equal(AnnotationCatalogue.All, told.Select(setting => setting.Annotation));
        Assert.All(told, setting => Assert.Equal((setting.Annotation.DefaultText, SettingSource.BuiltInDefault, null), (setting.Value, setting.Source, setting.Object)));
    }

    [Fact]
    public void Times_sizes_counts_and_endings_are_limits()
    {
        var limits = AnnotationCatalogue.All.Where(annotation => annotation.IsLimit).Select(annotation => annotation.Name[AnnotationCatalogue.Prefix.Length..]).ToHashSet();

        Assert.Superset(
            new HashSet<string>
            {
                "websocket-idle-timeout", "websocket-handshake-timeout", "websocket-max-age", "request-timeout", "connect-timeout", "max-body-size", "max-connections", "max-connections-per-client",
                "max-connections-per-pod", "drain", "drain-window", "drain-close-code", "on-route-removed",
            },
            limits);
    }

    /// <summary>A limit that a policy has and no annotation tells of would be in force and not be seen.</summary>
    [Fact]
    public void Every_measure_of_the_policies_belongs_to_a_limit_that_is_told()
    {
        // Bursts and queues are part of a policy only beside a rate.
        (string, string)[] rates = [("wsingress.io/websocket-handshake-rate", "7"), ("wsingress.io/websocket-handshake-rate-per-pod", "9")];
        var (route, backend) = Policies(rates);
        var reached = new HashSet<string>();
        foreach (var (name, text) in Samples())
        {
            var annotation = AnnotationCatalogue.Prefix + name;
            var (otherRoute, otherBackend) = Policies([.. rates.Where(rate => rate.Item1 != annotation), (annotation, text)]);
            var changed = Differences(route, otherRoute, "").Concat(Differences(backend, otherBackend, "")).ToArray();
            if (AnnotationCatalogue.ByName[AnnotationCatalogue.Prefix + name].IsLimit)
            {
                reached.UnionWith(changed);
            }
        }

        var measures = Measures(RoutePolicy.Default, "").Concat(Measures(BackendPolicy.Default, "")).ToHashSet();
        Assert.Contains(".WebSocket.IdleTimeout", measures);
        Assert.Empty(measures.Except(reached));
    }

    /// <summary>An annotation that is read, documented and then forgotten would be a promise without effect.</summary>
    [Fact]
    public void Every_annotation_changes_the_table()
    {
        // What others have an effect beside alone.
        (string Name, string Value)[] companions =
        [
            ("load-balancing", "consistent-hash"), ("affinity", "cookie"), ("backend-protocol", "https"), ("max-connections-per-key", "9"), ("websocket-handshake-rate", "7"), ("websocket-ping-interval", "30s"),
            ("websocket-message-rate", "11"), ("backend-tls-verify", "on"),
        ];
        var samples = Samples().Where(s => s.Name != "max-connections" || s.Text != "0").Append(("allow-cidrs", "10.0.0.0/8")).Append(("deny-cidrs", "10.0.0.0/8")).ToArray();
        Assert.Equal(AnnotationCatalogue.All.Select(a => a.Name[AnnotationCatalogue.Prefix.Length..]).Order(), samples.Select(s => s.Item1).Distinct().Order());

        Assert.All(samples, sample =>
        {
            var others = companions.Where(companion => companion.Name != sample.Item1).ToArray();
            Assert.False(Table(others).HasContentOf(Table([.. others, sample])), $"{sample} has no effect");
        });
    }

    [Fact]
    public void The_default_that_is_told_is_the_one_that_is_in_force()
    {
        var normal = Policies();
        foreach (var annotation in AnnotationCatalogue.All.Where(annotation => annotation.IsLimit))
        {
            Assert.NotNull(annotation.Parse(annotation.DefaultText, out _));
            Assert.Equal((annotation.Name, normal), (annotation.Name, Policies((annotation.Name, annotation.DefaultText))));
        }
    }

    [Fact]
    public void A_value_that_is_told_is_read_back_as_the_same_value()
    {
        foreach (var (name, text) in Samples())
        {
            var annotation = AnnotationCatalogue.ByName[AnnotationCatalogue.Prefix + name];
            var told = Assert.Single(EffectiveSettings.Of(Ingress((annotation.Name, text)), null, AnnotationDefaults.None), setting => setting.Source != SettingSource.BuiltInDefault);

            Assert.Equal((annotation, SettingSource.IngressAnnotation, annotation.Name, "Ingress default/web"), (told.Annotation, told.Source, told.Name, $"{told.Object}"));
            Assert.Equal(annotation.Parse(text.Trim(), out _), annotation.Parse(told.Value, out _));
        }
    }

    [Fact]
    public void The_Service_wins_and_a_value_that_cannot_be_used_is_told_beside_the_one_in_force()
    {
        var told = EffectiveSettings.Of(Ingress((DrainWindow, "7s"), (IdleTimeout, "soon")), Service((DrainWindow, "9s")), AnnotationDefaults.None).ToDictionary(setting => setting.Annotation.Name);
        Assert.Equal(("9s", SettingSource.ServiceAnnotation, "Service default/echo"), (told[DrainWindow].Value, told[DrainWindow].Source, $"{told[DrainWindow].Object}"));
        Assert.Equal(("1h", SettingSource.BuiltInDefault), (told[IdleTimeout].Value, told[IdleTimeout].Source));
        Assert.Equal(("Ingress default/web", "soon"), ($"{Assert.Single(told[IdleTimeout].Refused).Object}", told[IdleTimeout].Refused[0].Value));

        told = EffectiveSettings.Of(Ingress((DrainWindow, "7s")), Service((DrainWindow, "later"), (IdleTimeout, "1m")), AnnotationDefaults.None).ToDictionary(setting => setting.Annotation.Name);
        Assert.Equal(("7s", SettingSource.IngressAnnotation), (told[DrainWindow].Value, told[DrainWindow].Source));
        Assert.Equal("later", Assert.Single(told[DrainWindow].Refused).Value);
        Assert.Equal(("1h", "1m"), (told[IdleTimeout].Value, Assert.Single(told[IdleTimeout].Refused).Value));
    }

    [Fact]
    public void A_guard_that_cannot_be_read_is_told_as_closed()
    {
        var told = EffectiveSettings.Of(Ingress(("wsingress.io/allow-cidrs", "10.0.0")), null, AnnotationDefaults.None).Single(setting => setting.Annotation.Name == "wsingress.io/allow-cidrs");

        Assert.True(told.IsClosed);
        Assert.Equal(("unreadable, so the route answers 503", "10.0.0"), (told.Value, Assert.Single(told.Refused).Value));
        Assert.NotNull(Policies(("wsingress.io/allow-cidrs", "10.0.0")).Route.ClosedBecause);
    }

    [Fact]
    public void A_value_from_another_controllers_annotation_is_known_by_its_name()
    {
        var set = new AnnotationSet(new("Ingress", "default", "web"));
        set.Set(AnnotationCatalogue.WebSocketIdleTimeout, TimeSpan.FromHours(2), "nginx.ingress.kubernetes.io/proxy-read-timeout");

        Assert.Equal("nginx.ingress.kubernetes.io/proxy-read-timeout", set.NameOf(AnnotationCatalogue.WebSocketIdleTimeout));
        Assert.Equal(AnnotationCatalogue.DrainWindow.Name, set.NameOf(AnnotationCatalogue.DrainWindow));
    }

    [Theory]
    [InlineData(IdleTimeout, AnnotationTargets.Ingress, "in force instead: 1h, the built-in default")]
    [InlineData(DrainWindow, AnnotationTargets.Ingress, "in force instead: the Service's value, or else 20s, the built-in default")]
    [InlineData(DrainWindow, AnnotationTargets.Service, "in force instead: the Ingress's value, or else 20s, the built-in default")]
    public void A_bad_value_says_what_is_in_force_instead(string name, AnnotationTargets place, string words)
    {
        var problems = new List<Problem>();
        AnnotationReader.Read(new Dictionary<string, string> { [name] = "soon" }, place, new(place.ToString(), "default", "web"), problems);

        Assert.EndsWith("; " + words, Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    /// <summary>For each annotation a value of its tests, not the default where there is another.</summary>
    private static IEnumerable<(string Name, string Text)> Samples() => AnnotationValueTests.Allowed().Select(row => row.Data).GroupBy(row => row.Item1)
        .Select(group => (group.Key, group.Last(row => row == group.First() || row.Item2.Trim() != AnnotationCatalogue.ByName[AnnotationCatalogue.Prefix + row.Item1].DefaultText).Item2))
        .Append(("max-connections", "7"));

    private static (RoutePolicy Route, BackendPolicy Backend) Policies(params (string Name, string Value)[] annotations)
    {
        var route = Table(Ingress(annotations)).Hosts.Single().Routes.Single();
        return (route.Policy, route.Backends.Single().Policy);
    }

    /// <summary>Of an Ingress whose path a regex would read in another way.</summary>
    private static RoutingTable Table(params (string Name, string Value)[] annotations)
    {
        var ingress = Ingress([.. annotations.Select(a => (AnnotationCatalogue.Prefix + a.Name, a.Value))]);
        (ingress.Spec.Rules[0].Http.Paths[0].Path, ingress.Spec.Rules[0].Http.Paths[0].PathType) = ("/a", "ImplementationSpecific");
        return Table(ingress);
    }

    private static RoutingTable Table(V1Ingress ingress) => Translator.Translate(
        new() { Ingresses = [ingress], IngressClasses = [], Services = [Service()], EndpointSlices = [], Secrets = [], Namespaces = [] },
        new() { IngressClassByName = true }).Table;

    private static V1Ingress Ingress(params (string Name, string Value)[] annotations) => new()
    {
        Metadata = new() { Name = "web", NamespaceProperty = "default", Annotations = annotations.ToDictionary(a => a.Name, a => a.Value) },
        Spec = new()
        {
            IngressClassName = "wsingress",
            Rules = [new() { Host = "a.test", Http = new() { Paths = [new() { Path = "/", PathType = "Prefix", Backend = new() { Service = new() { Name = "echo", Port = new() { Number = 80 } } } }] } }],
        },
    };

    private static V1Service Service(params (string Name, string Value)[] annotations) => new()
    {
        Metadata = new() { Name = "echo", NamespaceProperty = "default", Annotations = annotations.ToDictionary(a => a.Name, a => a.Value) },
        Spec = new() { Ports = [new() { Port = 80 }] },
    };

    private static IEnumerable<string> Measures(object policy, string path) => Properties(policy).SelectMany(property =>
        property.PropertyType == typeof(TimeSpan) || property.PropertyType == typeof(int) || property.PropertyType == typeof(long) || property.PropertyType == typeof(ushort)
            || property.PropertyType == typeof(RouteRemoval) || property.PropertyType == typeof(DrainMode)
            ? [$"{path}.{property.Name}"]
            : IsPolicy(property.PropertyType) && property.GetValue(policy) is { } inner ? Measures(inner, $"{path}.{property.Name}") : []);

    private static IEnumerable<string> Differences(object one, object other, string path) => Properties(one).SelectMany(property =>
        IsPolicy(property.PropertyType) && property.GetValue(one) is { } a && property.GetValue(other) is { } b ? Differences(a, b, $"{path}.{property.Name}")
        : Equals(property.GetValue(one), property.GetValue(other)) ? []
        : [$"{path}.{property.Name}"]);

    private static bool IsPolicy(Type type) => type.Namespace == typeof(RoutePolicy).Namespace && type.IsClass && !typeof(IEnumerable).IsAssignableFrom(type);

    private static PropertyInfo[] Properties(object policy) => policy.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public);
}
