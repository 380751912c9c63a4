using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E;

/// <summary>A process that comes to the end of what the system gives it.</summary>
public sealed class DescriptorTests
{
    private const string Host = "full.test";

    /// <summary>Of these 64 are kept for everything else; the process itself takes some two hundred, and a socket two.</summary>
    private const int Descriptors = 700;

    [Fact]
    public async Task Near_the_end_of_its_descriptors_it_refuses_new_sockets_keeps_the_open_ones_and_has_room_again_when_some_close()
    {
        var prlimit = Requirement.Program("prlimit", "util-linux");
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("full", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync([prlimit, $"--nofile={Descriptors}:{Descriptors}"], folder.Path, "--access-log", "off");
        var sockets = new List<LocalSocket>();

        var refused = await FillAsync(ingress.Http, sockets);

        Assert.True(refused.Status == 503, refused.Message);
        Assert.NotNull(refused.RetryAfter);
        Assert.True(sockets.Count > 50, $"only {sockets.Count} sockets");
        Assert.All(await Task.WhenAll(sockets.Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        Assert.True(MetricsText.Sum(await MetricsAsync(ingress), "wsingress_websocket_handshake_failures_total", "reason=\"no-room\"") >= 1);
        Assert.Equal(503, (await Assert.ThrowsAsync<RefusedHandshake>(() => LocalSocket.OpenAsync(ingress.Http, Host))).Status);

        foreach (var socket in sockets.Take(sockets.Count / 2))
        {
            await socket.CloseAsync();
            await socket.DisposeAsync();
        }

        await using var later = await WithPatienceAsync(ingress.Http);
        Assert.Equal("again", await later.EchoAsync("again"));
        Assert.All(await Task.WhenAll(sockets.Skip(sockets.Count / 2).Select(socket => socket.EchoAsync("still"))), text => Assert.Equal("still", text));
        foreach (var socket in sockets)
        {
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_descriptors_it_waits_with_accepting_and_does_not_spin()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("WSINGRESS_TRANSPORT") == "sockets", "what Kestrel's own sockets do without descriptors is Kestrel's");
        var prlimit = Requirement.Program("prlimit", "util-linux");
        using var folder = new ManifestFolder();
        await using var pod = await EchoPodProcess.StartAsync("pod-a");
        folder.App("full", Host, [pod.Pod]);
        await using var ingress = await IngressProcess.StartAsync([prlimit, $"--nofile={Descriptors}:{Descriptors}"], folder.Path, "--access-log", "off");
        var silent = new List<BareSocket>();
        while (silent.Count < Descriptors + 100)
        {
            silent.Add(await BareSocket.ConnectAsync(ingress.Http));
        }

        await ingress.Process.LineAsync("Accepting connections");
        var before = ingress.Process.ProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var used = ingress.Process.ProcessorTime - before;

        // An accept that fails is tried ten times a second; without a pause it would be a whole core.
        Assert.True(used < TimeSpan.FromMilliseconds(400), $"{used.TotalMilliseconds} ms of processor time in a second");
        Assert.InRange(ingress.Process.Lines.Count(l => l.Contains("Accepting connections", StringComparison.Ordinal)), 1, 4);
        silent.ForEach(s => s.Reset());
        await using var later = await WithPatienceAsync(ingress.Http);
        Assert.Equal("again", await later.EchoAsync("again"));
    }

    /// <summary>Opens one after the other until one is refused.</summary>
    private static async Task<RefusedHandshake> FillAsync(int port, List<LocalSocket> sockets)
    {
        while (sockets.Count < Descriptors)
        {
            try
            {
                sockets.Add(await LocalSocket.OpenAsync(port, Host));
            }
            catch (RefusedHandshake refused)
            {
                return refused;
            }
        }

        throw new InvalidOperationException("it never ran full");
    }

    private static async Task<LocalSocket> WithPatienceAsync(int port)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await LocalSocket.OpenAsync(port, Host);
            }
            catch (RefusedHandshake) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static async Task<string> MetricsAsync(IngressProcess ingress)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{ingress.Metrics}/metrics"));
    }
}
