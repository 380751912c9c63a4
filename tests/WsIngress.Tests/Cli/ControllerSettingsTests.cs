using WsIngress.Sources;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class ControllerSettingsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-controller-");
    private readonly CliRun _cli;

    public ControllerSettingsTests() => _cli = new() { Directory = _folder.FullName };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Nothing_given_means_the_documented_defaults()
    {
        var options = await _cli.ReadControllerAsync();

        Assert.Null(options.Kubeconfig);
        Assert.Null(options.Context);
        Assert.Equal("wsingress", options.Server.IngressClass);
        Assert.Equal("wsingress.io/ingress-controller", options.ControllerName);
        Assert.Empty(options.Watch.Namespaces);
        Assert.Null(options.Watch.NamespaceSelector);
        Assert.True(options.Watch.IngressClasses);
        Assert.False(options.WatchIngressWithoutClass || options.IngressClassByName);
        Assert.True(options.Status.Enabled && options.Lease.Enabled && options.Events);
        Assert.False(options.Status.ClearOnShutdown);
        Assert.Equal("wsingress-leader", options.Lease.Name);
        Assert.Equal(Environment.MachineName, options.Lease.Identity);
        Assert.Equal((15, 10, 2), (options.Lease.Duration.Seconds, options.Lease.RenewDeadline.Seconds, options.Lease.RetryPeriod.Seconds));
        Assert.Equal(TimeSpan.Zero, options.Server.DeregistrationDelay);
        Assert.Equal(TimeSpan.FromSeconds(28), options.Server.DrainDeadline);
    }

    [Fact]
    public async Task Who_it_is_comes_from_the_downward_API_unless_a_flag_says_otherwise()
    {
        (_cli.Variables["POD_NAMESPACE"], _cli.Variables["POD_NAME"]) = ("ingress", "wsingress-7d9f-abcde");
        Assert.Equal(("ingress", "wsingress-7d9f-abcde"), Identity(await _cli.ReadControllerAsync()));
        Assert.Equal(("other", "me"), Identity(await _cli.ReadControllerAsync("--pod-namespace", "other", "--pod-name", "me")));

        static (string, string) Identity(WsIngress.Cli.ControllerOptions options) => (options.Lease.Namespace, options.Lease.Identity);
    }

    [Fact]
    public async Task Lists_keys_and_switches_are_read()
    {
        var options = await _cli.ReadControllerAsync(
            "--watch-namespace", "shop, chat,shop", "--publish-service", "ingress/wsingress", "--publish-status-address", "203.0.113.7,lb.example.com,2001:db8::1",
            "--default-ssl-certificate", "ingress/wildcard", "--disable-ingress-class-lookup", "--lb-deregistration-delay", "15s", "--termination-grace-period", "5m", "--drain-window", "4m");

        Assert.Equal(["chat", "shop"], options.Watch.Namespaces);
        Assert.Equal(new ObjectKey("ingress", "wsingress"), options.Status.PublishService);
        Assert.Equal(["203.0.113.7", "lb.example.com", "2001:db8::1"], options.Status.Addresses);
        Assert.Equal(new ObjectKey("ingress", "wildcard"), options.DefaultCertificate);
        Assert.False(options.Watch.IngressClasses);
        Assert.True(options.IngressClassByName);
        Assert.Equal(TimeSpan.FromSeconds(15), options.Server.DeregistrationDelay);
        Assert.Equal(TimeSpan.FromSeconds(298), options.Server.DrainDeadline);
    }

    [Theory]
    [InlineData("--kubeconfig: 'none.yaml' cannot be used; allowed: a file that exists", "--kubeconfig", "none.yaml")]
    [InlineData("--watch-namespace: 'Shop' cannot be used", "--watch-namespace", "Shop")]
    [InlineData("--watch-namespace-selector and --watch-namespace: both are given", "--watch-namespace", "shop", "--watch-namespace-selector", "team=chat")]
    [InlineData("--watch-namespace-selector: 'team=\"chat\"' cannot be used", "--watch-namespace-selector", "team=\"chat\"")]
    [InlineData("--publish-service: 'wsingress' cannot be used; allowed: NAMESPACE/NAME", "--publish-service", "wsingress")]
    [InlineData("--publish-status-address: 'a b' cannot be used", "--publish-status-address", "a b")]
    [InlineData("--controller-name: 'wsingress' cannot be used", "--controller-name", "wsingress")]
    [InlineData("--lease-duration, --lease-renew-deadline, --lease-retry-period: 5 s, 10 s, 2 s cannot be used", "--lease-duration", "5s")]
    [InlineData("--termination-grace-period less 2 s: 28 s is shorter than --drain-window, 10 s and --lb-deregistration-delay, 20 s, together", "--lb-deregistration-delay", "20s")]
    public async Task What_cannot_be_used_is_named_with_what_is_allowed(string expected, params string[] args)
    {
        Assert.Equal(2, await _cli.InvokeAsync(["controller", .. args]));
        Assert.Contains(expected, _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_settings_file_may_serve_both_commands()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "appsettings.json"), """{ "WsIngress": { "Manifests": ".", "ElectionId": "mine", "DrainDeadline": "20s" } }""");
        Assert.Equal("mine", (await _cli.ReadControllerAsync()).Lease.Name);
        Assert.Equal(TimeSpan.FromSeconds(20), (await _cli.ReadRunAsync()).DrainDeadline);
    }
}
