using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>Kubeconfigs as kubectl reads them: files beside them, several as one, and their renewal.</summary>
public sealed class KubeconfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-kubeconfig-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_token_file_beside_it_is_read_for_each_request()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Access.Set("first", "jane", AccessRule.Everything);
        server.Access.Set("second", "jane", AccessRule.Everything);
        Write("token", "first\n");
        var file = Write("config", Config(server, "tokenFile: token"));
        using var api = Connect(TimeProvider.System, null, file);
        await ListAsync(api);
        Write("token", "second\n");
        await ListAsync(api);

        Assert.Equal(["first", "second"], server.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task A_token_file_wins_over_a_token()
    {
        await using var server = await FakeApiServer.StartAsync();
        Write("token", "admin");
        using var api = Connect(TimeProvider.System, null, Write("config", Config(server, "token: stale, tokenFile: token")));

        await ListAsync(api);
    }

    [Fact]
    public void A_token_file_that_is_missing_is_named_at_the_start()
    {
        var file = Write("config", "{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], users: [{name: c, user: {tokenFile: none}}], contexts: [{name: c, context: {cluster: c, user: c}}]}");

        var refused = Assert.Throws<IOException>(() => new KubeconfigFiles([file], null).Load());

        Assert.StartsWith($"The kubeconfig {file} cannot be used:", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_folder.FullName, "none"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_files_count_as_one_and_the_first_to_name_something_decides()
    {
        await using var server = await FakeApiServer.StartAsync();
        var other = _folder.CreateSubdirectory("other");
        File.WriteAllText(Path.Combine(other.FullName, "token"), "admin");
        var users = Path.Combine(other.FullName, "users");
        await File.WriteAllTextAsync(users, "{apiVersion: v1, kind: Config, current-context: none, users: [{name: jane, user: {tokenFile: token}}], clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]}");
        var clusters = Write("clusters", $"{{apiVersion: v1, kind: Config, current-context: here, clusters: [{{name: c, cluster: {{server: '{server.Address}'}}}}], contexts: [{{name: here, context: {{cluster: c, user: jane, namespace: shop}}}}]}}");
        var found = KubeconfigFiles.Find(name => name == "KUBECONFIG" ? string.Join(Path.PathSeparator, "/nowhere/config", clusters, users) : null);
        var files = new KubeconfigFiles(found, null);

        Assert.Equal("shop", files.Load().Namespace);
        Assert.Contains("/nowhere/config", files.Paths);
        using var api = new WsIngress.Cluster.ApiServer(new(files, TimeProvider.System, NullLogger.Instance), TimeProvider.System);
        await ListAsync(api);
    }

    [Fact]
    public void Without_any_of_them_all_that_were_looked_for_are_named()
    {
        var refused = Assert.Throws<IOException>(() => new KubeconfigFiles(["/nowhere/a", "/nowhere/b"], null).Load());

        Assert.Contains("there is no file /nowhere/a or /nowhere/b; --kubeconfig FILE names one", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["/home/jane/.kube/config"], KubeconfigFiles.Find(name => name == "HOME" ? "/home/jane" : null));
    }

    [Fact]
    public async Task A_context_that_is_asked_for_is_taken_in_place_of_the_current_one()
    {
        await using var first = await FakeApiServer.StartAsync();
        await using var second = await FakeApiServer.StartAsync();
        var file = Write("config", $$"""
            apiVersion: v1
            kind: Config
            current-context: one
            clusters: [{name: a, cluster: {server: '{{first.Address}}' } }, {name: b, cluster: {server: '{{second.Address}}' } }]
            users: [{name: u, user: {token: admin} }]
            contexts: [{name: one, context: {cluster: a, user: u} }, {name: two, context: {cluster: b, user: u} }]
            """);
        using var api = Connect(TimeProvider.System, "two", file);
        await ListAsync(api);

        Assert.Empty(first.Requests);
        Assert.Single(second.Requests);
        Assert.Contains("with context three", Assert.Throws<IOException>(() => new KubeconfigFiles([file], "three").Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_certificates_and_authorities_in_files_are_followed_when_they_are_renewed_and_half_a_pair_changes_nothing()
    {
        var clock = new FakeTimeProvider();
        await using var server = await FakeApiServer.StartAsync(new() { Tls = true });
        server.Access.SetCertificateUser("jane", AccessRule.Everything);
        server.Access.SetCertificateUser("joe", AccessRule.Everything);
        Renew(server, "jane");
        var log = new RecordingLogger<ClusterConfiguration>();
        var file = Write("config", Config(server, "client-certificate: client.crt, client-key: client.key", "certificate-authority: ca.crt"));
        using var api = Connect(clock, null, file, log);
        await ListAsync(api);

        // The certificate is new, the key is still the old one.
        var (certificate, key) = server.Authority.IssueClient("joe");
        Write("client.crt", certificate);
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
        Assert.Single(log.Of(5011));
        Assert.Empty(log.Of(5010));

        Write("client.key", key);
        server.Access.SetCertificateUser("jane");
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
        Assert.Single(log.Of(5010));

        // While an authority is replaced the old and the new one stand together, in whatever order.
        var old = server.Authority.Pem;
        server.RotateAuthority();
        Renew(server, "joe");
        Write("ca.crt", old + "\n" + server.Authority.Pem);
        await server.RestartAsync();
        clock.Advance(TimeSpan.FromSeconds(6));
        await ListAsync(api);
    }

    [Fact]
    public void What_is_wrong_with_it_is_a_sentence()
    {
        foreach (var text in new[] { "[", "{users: 7}", "{current-context: c, contexts: [{name: c}]}", "{current-context: c, clusters: [{name: c, cluster: {server: '::'}}], contexts: [{name: c, context: {cluster: c}}]}" })
        {
            var file = Write("config", text);
            var refused = Assert.Throws<IOException>(() => new ClusterConfiguration(new KubeconfigFiles([file], null), TimeProvider.System, NullLogger.Instance));
            Assert.StartsWith($"The kubeconfig {file} cannot be used", refused.Message, StringComparison.Ordinal);
        }

        var unusable = Write("config", "{apiVersion: v1, current-context: c, clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: c, user: {client-certificate-data: AAAA, client-key-data: AAAA}}], contexts: [{name: c, context: {cluster: c, user: c}}]}");
        var failed = Assert.Throws<IOException>(() => new ClusterConfiguration(new KubeconfigFiles([unusable], null), TimeProvider.System, NullLogger.Instance));
        Assert.StartsWith("The configuration for the API server https://127.0.0.1:1 cannot be used: ", failed.Message, StringComparison.Ordinal);
    }

    private static string Config(FakeApiServer server, string user, string cluster = "extensions: []") => $$"""
        apiVersion: v1
        kind: Config
        current-context: fake
        clusters: [{name: fake, cluster: { server: '{{server.Address}}', {{cluster}} } }]
        users: [{name: fake, user: { {{user}} } }]
        contexts: [{name: fake, context: {cluster: fake, user: fake} }]
        """;

    private static WsIngress.Cluster.ApiServer Connect(TimeProvider time, string? context, string file, RecordingLogger<ClusterConfiguration>? log = null) =>
        new(new(new KubeconfigFiles([file], context), time, log ?? new()), time);

    private static Task<V1ServiceList> ListAsync(WsIngress.Cluster.ApiServer api) =>
        api.CallAsync<V1ServiceList>(HttpMethod.Get, "/api/v1/services", null, "application/json", TestContext.Current.CancellationToken);

    private void Renew(FakeApiServer server, string user)
    {
        var (certificate, key) = server.Authority.IssueClient(user);
        Write("client.crt", certificate);
        Write("client.key", key);
        Write("ca.crt", server.Authority.Pem);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
