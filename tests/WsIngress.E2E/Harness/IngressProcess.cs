using System.Net;

namespace WsIngress.E2E.Harness;

/// <summary><c>wsingress run</c> over a folder, on free loopback ports, ready to serve.</summary>
internal sealed class IngressProcess : IAsyncDisposable
{
    private IngressProcess(ChildProcess process, System.Text.Json.Nodes.JsonNode ready)
    {
        Process = process;
        Http = Port(ready, "http");
        Https = Port(ready, "https");
        Metrics = Port(ready, "metrics");
        Admin = Port(ready, "admin");
    }

    public ChildProcess Process { get; }

    public int Http { get; }

    public int Https { get; }

    public int Metrics { get; }

    public int Admin { get; }

    public static Task<IngressProcess> StartAsync(string manifests, params string[] more) => StartAsync([], manifests, more);

    /// <param name="before">A command that runs it, with its arguments; none for none.</param>
    /// <param name="manifests">The folder.</param>
    /// <param name="more">Options.</param>
    public static async Task<IngressProcess> StartAsync(string[] before, string manifests, params string[] more)
    {
        string[] command =
        [
            .. before, Binary.Path, "run", "--manifests", manifests, "--output", "json", "--log-format", "json",
            "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--admin", "127.0.0.1:0", .. more,
        ];
        var process = ChildProcess.Start("wsingress run", command[0], command[1..]);
        return new IngressProcess(process, await process.EventAsync("ready"));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static int Port(System.Text.Json.Nodes.JsonNode ready, string name) =>
        (string?)ready[name] is { } text ? IPEndPoint.Parse(text).Port : 0;
}
