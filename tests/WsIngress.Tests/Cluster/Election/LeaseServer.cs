using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WsIngress.Tests.Cluster.Election;

/// <summary>
/// One Lease behind one port for each candidate, so that each has a network of its own: what happens to a request is the choice of
/// <see cref="Network"/>. Real sockets; the faults need finer control than the fake API server has.
/// </summary>
internal sealed class LeaseServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private int _version = 100;
    private JsonObject? _lease;

    private LeaseServer(WebApplication app) => _app = app;

    /// <summary>In the order of the candidates.</summary>
    public int[] Ports { get; private set; } = [];

    /// <summary>Called before a request is carried out and again before its answer goes out (second argument true); false resets the connection.</summary>
    public Func<int, bool, Task<bool>> Network { get; set; } = (_, _) => Task.FromResult(true);

    /// <summary>Status to refuse all requests with.</summary>
    public int? Refusal { get; set; }

    /// <summary>Candidate, method and holder written.</summary>
    public ConcurrentQueue<(int Candidate, string Method, string Holder)> Writes { get; } = [];

    public JsonObject? Lease
    {
        get
        {
            lock (_gate)
            {
                return (JsonObject?)_lease?.DeepClone();
            }
        }
    }

    public string Holder => (string?)Lease?["spec"]?["holderIdentity"] ?? "";

    public static async Task<LeaseServer> StartAsync(int candidates)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            for (var i = 0; i < candidates; i++)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        builder.Services.AddRouting();
        builder.Logging.ClearProviders();
        var server = new LeaseServer(builder.Build());
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        server.Ports = [.. server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port)];
        return server;
    }

    public void Delete() => Change(_ => null);

    /// <summary>Somebody else's write: null deletes.</summary>
    public void Change(Func<JsonObject, JsonObject?> change)
    {
        lock (_gate)
        {
            _lease = change(_lease!);
            Stamp(_lease);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var candidate = Array.IndexOf(Ports, http.Connection.LocalPort);
        var body = http.Request.ContentLength > 0 ? await JsonNode.ParseAsync(http.Request.Body) as JsonObject : null;
        if (!await Network(candidate, false))
        {
            http.Abort();
            return;
        }

        var (status, answer) = Refusal is { } refusal ? (refusal, null) : Do(candidate, http.Request.Method, body);
        if (!await Network(candidate, true))
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync((answer ?? new JsonObject { ["kind"] = "Status", ["code"] = status, ["message"] = Message(status), ["reason"] = "" }).ToJsonString());
    }

    private static string Message(int status) => status == 403
        ? "leases.coordination.k8s.io \"leader\" is forbidden: User \"someone\" cannot get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"ops\""
        : $"refused with {status}";

    private (int Status, JsonObject? Lease) Do(int candidate, string method, JsonObject? body)
    {
        lock (_gate)
        {
            switch (method)
            {
                case "GET":
                    return _lease is null ? (404, null) : (200, (JsonObject)_lease.DeepClone());
                case "POST" when _lease is not null:
                    return (409, null);
                case "PUT" when _lease is null:
                    return (404, null);
                case "PUT" when (string?)body!["metadata"]!["resourceVersion"] != (string?)_lease["metadata"]!["resourceVersion"]:
                    return (409, null);
            }

            _lease = (JsonObject)body!.DeepClone();
            Stamp(_lease);
            Writes.Enqueue((candidate, method, (string)body["spec"]!["holderIdentity"]!));
            return (200, (JsonObject)_lease.DeepClone());
        }
    }

    private void Stamp(JsonObject? lease)
    {
        if (lease is not null)
        {
            lease["metadata"]!["resourceVersion"] = (++_version).ToString();
        }
    }
}
