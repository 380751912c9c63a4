using System.Text.Json.Nodes;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>One socket among as many as a process may hold.</summary>
[Collection(AloneCollection.Name)]
public sealed class InventoryTests
{
    private const string Host = "many.test";
    private const string Wanted = "127.0.0.9";

    /// <summary>For 20,000 sockets, the start of the command included.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task One_socket_of_thousands_is_found_by_its_client_in_a_second_and_closed_alone()
    {
        using var folder = new ManifestFolder();
        await using var pod = new BarePod();
        folder.App("many", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");
        using var wanted = await BareSocket.ConnectAsync(ingress.Http, Wanted);
        await wanted.OpenAsync(Host);
        var others = await BareSockets.OpenAsync(ingress, Host, BareSockets.Most);

        await using var stalls = new StallMeter();
        var (found, took) = await ListAsync(ingress, "--client", Wanted, "--output", "json");
        var id = (string)Assert.Single(JsonNode.Parse(found)!["connections"]!.AsArray())!["id"]!;
        var (table, tookAll) = await ListAsync(ingress);
        Assert.Equal(others.Length + 1, Rows(table));
        var figures = $"of {others.Length + 1} sockets one was found in {took.TotalMilliseconds:0} ms, all were listed in {tookAll.TotalMilliseconds:0} ms";
        TestContext.Current.SendDiagnosticMessage(figures);
        Assert.True(took < Limit + (3 * stalls.Longest), figures);

        var (code, output) = await Tool.RunAsync(Binary.Path, "connections", "close", id, "--admin", Admin(ingress));
        Assert.True(code == 0, output);
        Assert.True(await wanted.EndAsync());
        wanted.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (Rows((await ListAsync(ingress, "--client", Wanted)).Output) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }

        Assert.Equal(others.Length, Rows((await ListAsync(ingress)).Output));
        BareSockets.Reset(others);
    }

    private static async Task<(string Output, TimeSpan Took)> ListAsync(IngressProcess ingress, params string[] filter)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (code, output) = await Tool.RunAsync(Binary.Path, ["connections", "list", "--admin", Admin(ingress), .. filter]);
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.True(code == 0, output);
        return (output, took);
    }

    private static int Rows(string table) => table.Split('\n').Count(line => line.Contains(Host, StringComparison.Ordinal));

    private static string Admin(IngressProcess ingress) => $"127.0.0.1:{ingress.Admin}";
}
