using System.Collections.Immutable;
using WsIngress.Cli;
using WsIngress.Echo;

namespace WsIngress.Demo;

/// <summary>One echo pod of the demo as an EndpointSlice names it.</summary>
internal sealed record DemoPod(string Name, string Uid, int Port);

/// <summary>The demo's pods <c>echo-0</c> and <c>echo-1</c>, on free loopback ports of this process.</summary>
internal sealed class DemoPods : IAsyncDisposable
{
    private const int Count = 2;

    private readonly List<EchoServer> _servers = [];

    private DemoPods()
    {
    }

    public ImmutableArray<DemoPod> All => [.. _servers.Select(s => new DemoPod(s.Name, Uid(s), s.Addresses[0].Port))];

    public static async Task<DemoPods> StartAsync(TimeProvider time, CancellationToken cancellation)
    {
        var pods = new DemoPods();
        try
        {
            for (var i = 0; i < Count; i++)
            {
                var options = new EchoOptions { Listen = [ListenAddress.Loopback(0)], Name = $"echo-{i}" };
                pods._servers.Add(await EchoServer.StartAsync(options, time, cancellation));
            }
        }
        catch
        {
            await pods.DisposeAsync();
            throw;
        }

        return pods;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_servers.Select(s => s.DisposeAsync().AsTask()));

    /// <summary>A pod's UID is a UUID; name and port make it the same wherever this pod is named.</summary>
    private static string Uid(EchoServer server) =>
        new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{server.Name}:{server.Addresses[0].Port}")).AsSpan(0, 16)).ToString();
}
