using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Cli;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class SettingsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-settings-");
    private readonly CliRun _cli;

    public SettingsTests() => _cli = new CliRun { Directory = _folder.FullName };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Nothing_given_means_the_documented_defaults()
    {
        var options = await _cli.ReadRunAsync();

        Assert.Equal("*:8080", options.Http.ToString());
        Assert.Equal("*:8443", options.Https.ToString());
        Assert.Equal("off", options.H2c.ToString());
        Assert.Equal("*:9090", options.Metrics.ToString());
        Assert.Equal("127.0.0.1:9901", options.Admin.ToString());
        Assert.Equal(_folder.FullName, (await _cli.ReadWholeRunAsync()).Manifests);
        Assert.Equal("wsingress", options.IngressClass);
        Assert.Empty(options.TrustedProxies);
        Assert.Empty(options.ProxyProtocol);
        Assert.False(options.DisableExternalName);
        Assert.True(options.AccessLog);
        Assert.Equal(TimeSpan.FromSeconds(10), options.DrainWindow);
        Assert.Equal(TimeSpan.FromSeconds(25), options.DrainDeadline);
        Assert.Equal(LogLevel.Information, options.LogLevel);
        Assert.Equal(LogFormat.Json, options.LogFormat);
    }

    [Fact]
    public async Task A_flag_wins_over_a_variable_and_a_variable_over_the_file()
    {
        WriteFile("""{ "WsIngress": { "Http": 1001, "Https": "1002", "Metrics": 1003 } }""");
        _cli.Variables["WSINGRESS_HTTP"] = "2001";
        _cli.Variables["WSINGRESS_HTTPS"] = "2002";

        var options = await _cli.ReadRunAsync("--http", "3001");

        Assert.Equal([3001, 2002, 1003, 9901], [options.Http.Port, options.Https.Port, options.Metrics.Port, options.Admin.Port]);
    }

    [Fact]
    public async Task Every_option_can_stand_in_the_file()
    {
        WriteFile("""
            { // comments and trailing commas are fine
              "Logging": { "LogLevel": { "Default": "Warning" } },
              "wsingress": {
                "Manifests": ".", "http": "off", "HTTPS": "[::1]:1", "H2c": "localhost:2", "Metrics": "off", "Admin": 3,
                "IngressClass": "other", "TrustedProxies": ["10.0.0.0/8", "192.168.1.1"], "ProxyProtocol": "fd00::/8",
                "DisableExternalName": true, "DrainWindow": "1s", "DrainDeadline": "2s", "AccessLog": false,
                "LogLevel": "debug", "LogFormat": "text",
              },
            }
            """);

        var options = await _cli.ReadRunAsync();

        Assert.Equal("off [::1]:1 127.0.0.1:2 off 127.0.0.1:3", $"{options.Http} {options.Https} {options.H2c} {options.Metrics} {options.Admin}");
        Assert.Equal("other", options.IngressClass);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.168.1.1/32")], options.TrustedProxies);
        Assert.Equal([IPNetwork.Parse("fd00::/8")], options.ProxyProtocol);
        Assert.True(options.DisableExternalName);
        Assert.False(options.AccessLog);
        Assert.Equal((1, 2), (options.DrainWindow.TotalSeconds, options.DrainDeadline.TotalSeconds));
        Assert.Equal((LogLevel.Debug, LogFormat.Text), (options.LogLevel, options.LogFormat));
    }

    [Fact]
    public async Task Defaults_of_annotations_come_from_repeated_flags_a_variable_or_an_object_in_the_file()
    {
        WriteFile("""{ "WsIngress": { "Default": { "drain-window": "3s", "max-connections": 5, "websocket": true } } }""");
        Assert.Equal([("websocket", "on"), ("max-connections", "5"), ("drain-window", "3s")], (await _cli.ReadRunAsync()).Defaults.Entries);

        _cli.Variables["WSINGRESS_DEFAULT"] = "drain-window=4s, hash-by = header:X-Room";
        Assert.Equal([("hash-by", "header:X-Room"), ("drain-window", "4s")], (await _cli.ReadRunAsync()).Defaults.Entries);
        Assert.Equal([("drain", "wait"), ("drain-window", "5s")], (await _cli.ReadRunAsync("--default", "drain-window=5s", "--default=drain=wait")).Defaults.Entries);
    }

    [Fact]
    public async Task A_switch_may_stand_alone_or_with_its_value()
    {
        Assert.True((await _cli.ReadRunAsync("--disable-external-name")).DisableExternalName);
        Assert.False((await _cli.ReadRunAsync("--disable-external-name", "off")).DisableExternalName);
    }

    [Fact]
    public async Task Variables_that_Kubernetes_sets_for_a_Service_named_wsingress_are_not_ours()
    {
        _cli.Variables["WSINGRESS_PORT"] = "tcp://10.96.0.1:80";
        _cli.Variables["WSINGRESS_SERVICE_HOST"] = "10.96.0.1";
        _cli.Variables["WSINGRESS_PORT_80_TCP"] = "tcp://10.96.0.1:80";

        Assert.Equal(8080, (await _cli.ReadRunAsync()).Http.Port);
    }

    [Fact]
    public async Task An_empty_variable_is_absent()
    {
        _cli.Variables["WSINGRESS_HTTP"] = "";

        Assert.Equal(8080, (await _cli.ReadRunAsync()).Http.Port);
    }

    [Theory]
    [InlineData("--http", "nope", "--http: 'nope' cannot be used; allowed: [HOST:]PORT")]
    [InlineData("--trusted-proxies", "10.0.0.0/33", "--trusted-proxies: '10.0.0.0/33' cannot be used; allowed: CIDR")]
    [InlineData("--drain-window", "10", "--drain-window: '10' cannot be used; allowed: a whole number and ms, s, m or h")]
    [InlineData("--access-log", "maybe", "--access-log: 'maybe' cannot be used; allowed: on or off")]
    [InlineData("--log-level", "loud", "--log-level: 'loud' cannot be used; allowed: debug")]
    [InlineData("--log-format", "xml", "--log-format: 'xml' cannot be used; allowed: auto")]
    [InlineData("--ingress-class", "a b", "--ingress-class: 'a b' cannot be used; allowed: a DNS name")]
    [InlineData("--drain-deadline", "1s", "--drain-deadline: 1 s is shorter than --drain-window, 10 s")]
    [InlineData("--default", "drain-window=5", "--default: 'drain-window=5': the value has no unit; allowed: a duration from 1ms to 24h")]
    [InlineData("--default", "drain", "--default: 'drain' cannot be used; allowed: NAME=VALUE")]
    [InlineData("--default", "=wait", "--default: '=wait' cannot be used; allowed: NAME=VALUE")]
    [InlineData("--default", "ssl-redirect=on", "--default: 'ssl-redirect': this annotation has no default of the operator; allowed: ")]
    [InlineData("--max-connections-per-namespace", "-1", "--max-connections-per-namespace: '-1' cannot be used; allowed: a number from 1 to 1000000000, or 0 for no limit")]
    [InlineData("--config", "none.json", "--config: there is no file 'none.json'")]
    public async Task A_bad_flag_names_itself_its_value_and_what_is_allowed(string flag, string value, string error)
    {
        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", ".", flag, value));
        Assert.Contains(error, _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_variable_names_the_variable()
    {
        _cli.Variables["WSINGRESS_METRICS"] = "99999";

        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", "."));
        Assert.Contains("environment variable WSINGRESS_METRICS: '99999' cannot be used; allowed: [HOST:]PORT", _cli.Notes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "WsIngress": { "Https": "x" } }""", "appsettings.json: WsIngress:Https: 'x' cannot be used; allowed: [HOST:]PORT")]
    [InlineData("""{ "WsIngress": { "Htps": "1" } }""", "appsettings.json: WsIngress:Htps is no option; allowed: Manifests, Http, Https")]
    [InlineData("""{ "WsIngress": { "Https": { } } }""", "appsettings.json: WsIngress:Https: a string, number, boolean or list of strings is expected")]
    [InlineData("""{ "WsIngress": { "Default": { "drain": [1] } } }""", "appsettings.json: WsIngress:Default: an object of names and texts, numbers or booleans is expected")]
    [InlineData("""{ "WsIngress": { "Default": { "drain": "on" } } }""", "--default: 'drain=on': the value is not in the list; allowed: spread, wait, immediate")]
    [InlineData("""{ "WsIngress": [] }""", "appsettings.json: WsIngress: a JSON object is expected")]
    [InlineData("[]", "appsettings.json: a JSON object is expected")]
    [InlineData("{\n  nonsense", "appsettings.json:2: not JSON")]
    public async Task A_bad_file_names_itself_and_the_key(string text, string error)
    {
        WriteFile(text);

        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", "."));
        Assert.Contains(error, _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_more_than_a_mebibyte_is_not_read()
    {
        WriteFile("{}" + new string(' ', 1024 * 1024));

        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", "."));
        Assert.Contains("appsettings.json: larger than 1048576 bytes", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        _cli.Variables["WSINGRESS_ADMIN"] = "b";

        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", "nowhere", "--http", "a"));
        Assert.Contains("--manifests: 'nowhere'", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("--http: 'a'", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("WSINGRESS_ADMIN: 'b'", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_folder_run_says_every_way_to_name_one()
    {
        Assert.Equal(2, await _cli.InvokeAsync("run"));
        Assert.Contains("--manifests is missing (also WSINGRESS_MANIFESTS, or Manifests in WsIngress of appsettings.json)", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_without_any_listener_is_refused()
    {
        Assert.Equal(2, await _cli.InvokeAsync("run", "--manifests", ".", "--http", "off", "--https", "off"));
        Assert.Contains("all are off", _cli.Notes, StringComparison.Ordinal);
    }

    private void WriteFile(string text) => File.WriteAllText(Path.Combine(_folder.FullName, "appsettings.json"), text);
}
