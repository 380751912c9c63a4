using k8s.Models;
using WsIngress.Routing;
using WsIngress.Translation;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Translation;

/// <summary>What the operator lets annotations say: after the objects' own, before what is built in.</summary>
public sealed class AnnotationDefaultsTests
{
    private const string Objects = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: web
          namespace: default
          annotations: {INGRESS}
        spec:
          ingressClassName: wsingress
          rules:
            - host: app.example.com
              http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: wsingress}
        spec: {controller: wsingress.io/ingress-controller}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: echo, namespace: default, annotations: {SERVICE}}
        spec: {ports: [{port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: echo-1, namespace: default, labels: {kubernetes.io/service-name: echo}}
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: ["10.1.0.1"]}]
        """;

    [Fact]
    public void An_object_that_sets_nothing_gets_all_of_them()
    {
        var (route, problems) = Translate("", "", ("websocket-idle-timeout", "5m"), ("max-connections", "7"), ("drain", "wait"), ("websocket-handshake-rate-per-pod", "30/m"), ("slow-start", "1m"));

        Assert.Empty(problems);
        Assert.Equal((TimeSpan.FromMinutes(5), 7), (route.Policy.WebSocket.IdleTimeout, route.Policy.WebSocket.MaxConnections));
        var backend = Assert.Single(route.Backends).Policy;
        Assert.Equal((DrainMode.Wait, 0.5, TimeSpan.FromMinutes(1)), (backend.Drain.Mode, backend.Pace.Rate, backend.SlowStart));
    }

    [Fact]
    public void The_Service_comes_before_the_Ingress_the_Ingress_before_the_operator_and_he_before_what_is_built_in()
    {
        TimeSpan Window(string ingress, string service, params (string, string)[] defaults) => Translate(ingress, service, defaults).Route.Backends[0].Policy.Drain.Window;

        Assert.Equal(TimeSpan.FromSeconds(20), Window("", ""));
        Assert.Equal(TimeSpan.FromSeconds(3), Window("", "", ("drain-window", "3s")));
        Assert.Equal(TimeSpan.FromSeconds(2), Window("wsingress.io/drain-window: 2s", "", ("drain-window", "3s")));
        Assert.Equal(TimeSpan.FromSeconds(1), Window("wsingress.io/drain-window: 2s", "wsingress.io/drain-window: 1s", ("drain-window", "3s")));
    }

    [Fact]
    public void A_value_that_cannot_be_used_falls_back_to_the_operators_and_says_so()
    {
        var (route, problems) = Translate("wsingress.io/websocket-idle-timeout: soon", "", ("websocket-idle-timeout", "5m"));

        Assert.Equal(TimeSpan.FromMinutes(5), route.Policy.WebSocket.IdleTimeout);
        Assert.EndsWith("in force instead: 5m, the operator's default", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_is_blamed_for_a_default_without_effect() =>
        Assert.Empty(Translate("wsingress.io/drain: wait", "", ("drain-window", "3s"), ("hash-by", "path"), ("websocket-handshake-queue", "3")).Problems);

    [Fact]
    public void Where_a_value_comes_from_is_known()
    {
        var defaults = AnnotationDefaults.Read([("drain-window", "3s"), ("drain", "wait"), ("slow-start", "1m")], []);
        var ingress = new V1Ingress { Metadata = new() { Annotations = new Dictionary<string, string> { ["wsingress.io/drain"] = "spread", ["wsingress.io/slow-start"] = "2m" } } };
        var service = new V1Service { Metadata = new() { Annotations = new Dictionary<string, string> { ["wsingress.io/slow-start"] = "3m" } } };
        var told = EffectiveSettings.Of(ingress, service, defaults).ToDictionary(setting => setting.Annotation, setting => (setting.Value, setting.Source));

        Assert.Equal(
            [("3m", SettingSource.ServiceAnnotation), ("spread", SettingSource.IngressAnnotation), ("3s", SettingSource.OperatorDefault), ("1012", SettingSource.BuiltInDefault)],
            ((Annotation[])[AdmissionAnnotations.SlowStart, AnnotationCatalogue.Drain, AnnotationCatalogue.DrainWindow, AnnotationCatalogue.DrainCloseCode]).Select(annotation => told[annotation]));
    }

    [Theory]
    [InlineData("drain-windw", "3s", "'drain-windw': no such annotation, did you mean drain-window?; allowed: load-balancing, hash-by, slow-start, websocket,")]
    [InlineData("nonsense", "1", "'nonsense': no such annotation; allowed: load-balancing,")]
    [InlineData("allow-cidrs", "10.0.0.0/8", "'allow-cidrs': this annotation has no default of the operator; allowed: load-balancing,")]
    [InlineData("drain-window", "3", "'drain-window=3': the value has no unit; allowed: a duration from 1ms to 24h")]
    [InlineData("websocket-handshake-rate", "fast", "'websocket-handshake-rate=fast': the value is no rate; allowed: a rate from 1/m")]
    public void One_that_cannot_be_used_is_named_with_what_is_allowed_and_none_is_left(string name, string text, string error)
    {
        var errors = new List<string>();
        var defaults = AnnotationDefaults.Read([("drain", "wait"), (name, text)], errors);

        Assert.StartsWith(error, Assert.Single(errors), StringComparison.Ordinal);
        Assert.Empty(defaults.Entries);
    }

    [Fact]
    public void One_that_is_given_twice_is_an_error()
    {
        var errors = new List<string>();
        AnnotationDefaults.Read([("drain", "wait"), ("wsingress.io/drain", "wait")], errors);
        Assert.Equal("'wsingress.io/drain': given twice; allowed: once", Assert.Single(errors));
    }

    private static (Route Route, IReadOnlyList<Problem> Problems) Translate(string ingress, string service, params (string, string)[] defaults)
    {
        var errors = new List<string>();
        var options = new TranslationOptions { Defaults = AnnotationDefaults.Read(defaults, errors) };
        Assert.Empty(errors);
        var yaml = Objects.Replace("INGRESS", ingress, StringComparison.Ordinal).Replace("SERVICE", service, StringComparison.Ordinal);
        var result = Translator.Translate(Manifests.Read(yaml), options);
        return (Assert.Single(Assert.Single(result.Table.Hosts).Routes), result.Problems);
    }
}
