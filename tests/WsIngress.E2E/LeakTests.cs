using System.Globalization;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>
/// What a process has after a great many connections, of which a third fail in every way there is. <c>WSINGRESS_LEAK_CONNECTIONS=100000</c> makes
/// the number larger than a run of all tests should take.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class LeakTests
{
    private const string Host = "leak.test";
    private const int Workers = 16;

    /// <summary>Descriptors that come and go with the runtime's own work.</summary>
    private const int Slack = 8;

    /// <summary>As many as take about 10 s; over Kestrel's own sockets a connection costs several times as much.</summary>
    private static readonly int Connections = int.Parse(
        Environment.GetEnvironmentVariable("WSINGRESS_LEAK_CONNECTIONS") ?? (Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets" ? "3000" : "30000"),
        CultureInfo.InvariantCulture);

    [Fact]
    public async Task Descriptors_are_as_many_as_before_after_connections_of_which_a_third_fail()
    {
        using var folder = new ManifestFolder();
        await using var pod = new BarePod();
        folder.App("leak", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync(folder.Path, "--access-log", "off");
        await ManyAsync(ingress, 300);
        var before = await QuietAsync(ingress, 0);

        await ManyAsync(ingress, Connections);

        var after = await QuietAsync(ingress, before + Slack);
        Assert.True(after <= before + Slack, $"{before} descriptors before, {after} after {Connections} connections");
        using var last = await BareSocket.ConnectAsync(ingress.Http);
        await last.OpenAsync(Host);
    }

    private static async Task ManyAsync(IngressProcess ingress, int count)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                await (i % 3 == 0 ? FailAsync(ingress, i / 3) : SucceedAsync(ingress, i));
            }
        }));
    }

    private static async Task SucceedAsync(IngressProcess ingress, int i)
    {
        using var socket = await BareSocket.ConnectAsync(ingress.Http);
        await socket.OpenAsync(Host);
        if (i % 2 == 0)
        {
            socket.Reset();
            return;
        }

        await socket.SendCloseAsync();
        Assert.True(await socket.EndAsync());
    }

    private static async Task FailAsync(IngressProcess ingress, int kind)
    {
        using var socket = await BareSocket.ConnectAsync(kind % 10 == 9 ? ingress.Https : ingress.Http);
        switch (kind % 10)
        {
            case 0:
                break;
            case 1:
                await socket.SendAsync(BareSocket.Head(Host, "/").AsMemory(0, 50));
                break;
            case 2:
                await socket.SendAsync(BareSocket.Head(Host, "/"));
                break;
            case 3:
                await EndsAsync(socket, "unknown.test", "/");
                break;
            case 4:
                await EndsAsync(socket, Host, "/pod-resets");
                break;
            case 5:
                await EndsAsync(socket, Host, "/pod-stops-in-its-head");
                break;
            case 6:
                await EndsAsync(socket, Host, "/pod-refuses");
                break;
            case 7:
                await EndsAsync(socket, Host, "/pod-dies");
                break;
            case 8:
                await socket.OpenAsync(Host);
                await socket.SendAsync(new byte[] { 0x82, 0xff });
                break;
            case 9:
                await socket.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 });
                break;
        }

        socket.Reset();
    }

    private static async Task EndsAsync(BareSocket socket, string host, string path)
    {
        await socket.SendAsync(BareSocket.Head(host, path));
        await socket.AnswerAsync();
    }

    /// <summary>The descriptors when they are at most so many, or have not changed for two seconds.</summary>
    private static async Task<int> QuietAsync(IngressProcess ingress, int enough)
    {
        var last = ingress.Process.Descriptors;
        for (var same = 0; same < 20 && last > enough; same++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            var now = ingress.Process.Descriptors;
            same = now == last ? same : 0;
            last = now;
        }

        return last;
    }
}
