using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using WsIngress.Relay;

namespace WsIngress.Bench;

/// <summary>A ping-pong of 64-byte messages through <see cref="StreamRelay"/> over loopback sockets; both peers' costs are in the CPU figure.</summary>
internal static class RelayBench
{
    public static async Task<int> RunAsync(int messages)
    {
        var (client, clientSide) = await PairAsync();
        var (backend, backendSide) = await PairAsync();
        var session = new RelaySession("bench", RelayOptions.Default, TimeProvider.System);
        var relay = StreamRelay.RunAsync(session, clientSide, backendSide, default, default, CancellationToken.None);
        var fromClient = Frame(masked: true);
        var fromBackend = Frame(masked: false);
        await PingPongAsync(client, backend, fromClient, fromBackend, 2_000);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await PingPongAsync(client, backend, fromClient, fromBackend, messages / 2);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Figures.Print($"{messages:N0} relayed messages of 64 bytes", $"{(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / messages:0.0} µs CPU each with both peers, {elapsed.TotalMicroseconds / messages:0.0} µs elapsed");
        Figures.Print("allocated, peers included", $"{(double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / messages:0.00} bytes each");
        client.Dispose();
        backend.Dispose();
        await relay;
        return 0;
    }

    private static async Task PingPongAsync(NetworkStream client, NetworkStream backend, byte[] fromClient, byte[] fromBackend, int rounds)
    {
        var buffer = new byte[256];
        for (var i = 0; i < rounds; i++)
        {
            await client.WriteAsync(fromClient);
            await backend.ReadExactlyAsync(buffer.AsMemory(0, fromClient.Length));
            await backend.WriteAsync(fromBackend);
            await client.ReadExactlyAsync(buffer.AsMemory(0, fromBackend.Length));
        }
    }

    private static byte[] Frame(bool masked)
    {
        var frame = new byte[(masked ? 6 : 2) + 64];
        frame[0] = 0x82;
        frame[1] = (byte)(masked ? 0x80 | 64 : 64);
        return frame;
    }

    private static async Task<(NetworkStream Peer, NetworkStream Side)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await peer.ConnectAsync(listener.LocalEndpoint);
        var side = await listener.AcceptSocketAsync();
        side.NoDelay = true;
        return (new NetworkStream(peer, ownsSocket: true), new NetworkStream(side, ownsSocket: true));
    }
}
