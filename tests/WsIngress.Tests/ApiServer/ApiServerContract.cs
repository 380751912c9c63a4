using System.Text.Json.Nodes;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>What clients may expect of kube-apiserver, on the wire. The fake and a real cluster keep the same contract.</summary>
public abstract partial class ApiServerContract : IAsyncLifetime
{
    private const string Classes = "/apis/networking.k8s.io/v1/ingressclasses";
    private const string MergeType = "application/merge-patch+json";

    private readonly List<string> _cleanUp = [];
    private WireClient? _client;

    /// <summary>A namespace of this test alone.</summary>
    private string Ns { get; } = $"wire-{Guid.NewGuid():n}"[..17];

    private string Ingresses => $"/apis/networking.k8s.io/v1/namespaces/{Ns}/ingresses";

    private string Leases => $"/apis/coordination.k8s.io/v1/namespaces/{Ns}/leases";

    private string Events => $"/apis/events.k8s.io/v1/namespaces/{Ns}/events";

    private string Secrets => $"/api/v1/namespaces/{Ns}/secrets";

    private WireClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _client = await ConnectAsync();
        await CreateAsync("/api/v1/namespaces", Json($$$"""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"{{{Ns}}}"}}"""));
        _cleanUp.Insert(0, $"/api/v1/namespaces/{Ns}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            foreach (var path in _cleanUp)
            {
                await _client.SendAsync("DELETE", path);
            }

            _client.Dispose();
        }

        await DisconnectAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A client with all rights.</summary>
    private protected abstract ValueTask<WireClient> ConnectAsync();

    /// <summary>A client of the same server with this token, or none.</summary>
    private protected abstract WireClient Connect(string? token);

    private protected abstract ValueTask DisconnectAsync();

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static JsonObject Ingress(string name, string host = "a.example.com", string? label = null)
    {
        var json = Json($$$$$"""
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"{{{{{name}}}}}"},"spec":{"ingressClassName":"wire",
             "rules":[{"host":"{{{{{host}}}}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}
            """);
        if (label is not null)
        {
            json["metadata"]!["labels"] = new JsonObject { ["tier"] = label };
        }

        return json;
    }

    private static string Enc(string text) => Uri.EscapeDataString(text);

    private static void AssertStatus(WireAnswer answer, int code, string reason, string message)
    {
        Assert.Equal(code, answer.Status);
        Assert.Equal("Status", (string?)answer.Json["kind"]);
        Assert.Equal("Failure", (string?)answer.Json["status"]);
        Assert.Equal(code, (int)answer.Json["code"]!);
        Assert.Equal(reason, answer.Reason);
        Assert.Contains(message, answer.Message, StringComparison.Ordinal);
    }

    private async Task<WireAnswer> CreateAsync(string path, JsonObject json)
    {
        var answer = await Client.SendAsync("POST", path, json);
        Assert.True(answer.Status == 201, answer.Text);
        return answer;
    }

    private Task<WireAnswer> MergeAsync(string path, string patch) => Client.SendAsync("PATCH", path, patch, MergeType);

    /// <summary>The present revision.</summary>
    private async Task<string> RevisionAsync() => (await Client.GetAsync($"{Ingresses}?limit=1")).Version;
}
