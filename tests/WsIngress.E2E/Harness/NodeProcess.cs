namespace WsIngress.E2E.Harness;

/// <summary>The scripts of <c>peers/</c>: servers that run until disposed, clients that run to their end.</summary>
internal static class NodeProcess
{
    public static async Task<(ChildProcess Process, int Port)> ServeAsync(string script)
    {
        var process = Start(script, [], null);
        var ready = await process.EventAsync("ready");
        return (process, (int)ready["port"]!);
    }

    /// <summary>Runs a client; its exit code and all it printed. <paramref name="authority"/> is a PEM file that it trusts.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string script, string authority, params string[] args)
    {
        await using var process = Start(script, args, new Dictionary<string, string> { ["NODE_EXTRA_CA_CERTS"] = authority, ["AUTHORITY"] = authority });
        return (await process.ExitAsync(), process.Output);
    }

    private static ChildProcess Start(string script, IEnumerable<string> args, IReadOnlyDictionary<string, string>? environment) =>
        ChildProcess.Start(script, "node", [script, .. args], environment, Requirement.PeersDirectory);
}
