using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Relay;
using WsIngress.Tests.Relay.Support;
using WsIngress.Tests.Transport.Loops;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Relaying;
using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>The relay on real sockets.</summary>
[Collection(nameof(RelayAllocations))]
public sealed class LoopbackTests
{
    private const int Messages = 20_000;

    [Theory]
    [InlineData(RelayDriver.Streams)]
    [InlineData(RelayDriver.Sockets)]
    public async Task A_relayed_message_allocates_nothing(RelayDriver driver)
    {
        var session = new RelaySession("s-1", RelayOptions.Default, TimeProvider.System);
        using var loop = new EventLoop(0, TimeProvider.System, NullLogger.Instance);

        // A loop of the product has always some timer to look at.
        await loop.RunAsync(() => loop.Timers.Set(new CountedTimer(), TimeSpan.FromHours(1)));
        (Socket client, Socket backend, Task<RelayReport> report) = driver == RelayDriver.Streams ? await RelayStreamsAsync(session) : RelaySockets(session, loop);
        Task echo = EchoAsync(backend);
        byte[] message = FrameBytes.Text(new string('x', 64), masked: true);
        byte[] answer = new byte[66];
        double least = double.MaxValue;
        int rounds = 0;

        // The first rounds also pay for compilation in tiers and for the array pool's first arrays: what a message costs, every round shows.
        for (; rounds < 6 && least >= 1; rounds++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await ExchangeAsync(client, message, answer, Messages);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Messages);
        }

        client.Shutdown(SocketShutdown.Send);
        await RelayHarness.Guard(report);
        await RelayHarness.Guard(echo);
        Assert.Equal(Messages * rounds, session.FromClient.Messages);
        Assert.Equal(Messages * rounds, session.FromBackend.Messages);
        Assert.True(least < 1, $"{least:F2} bytes per message relayed there and back");
    }

    private static async Task<(Socket Client, Socket Backend, Task<RelayReport> Report)> RelayStreamsAsync(RelaySession session)
    {
        (Socket client, Socket clientEnd) = await ConnectAsync();
        (Socket backend, Socket backendEnd) = await ConnectAsync();
        return (client, backend, StreamRelay.RunAsync(
            session, new NetworkStream(clientEnd, true), new NetworkStream(backendEnd, true), default, default, CancellationToken.None));
    }

    private static (Socket Client, Socket Backend, Task<RelayReport> Report) RelaySockets(RelaySession session, EventLoop loop)
    {
        (Socket client, int clientEnd) = SocketPair.Open();
        (Socket backend, int backendEnd) = SocketPair.Open();
        var owner = new EndedRelay();
        loop.Post(_ => SocketRelay.Start(loop, session, new BareSocket(clientEnd, null), new BareSocket(backendEnd, null), default, default, owner), null);
        return (client, backend, owner.Report);
    }

    private static async Task<(Socket Far, Socket Near)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task connect = far.ConnectAsync(listener.LocalEndPoint!);
        Socket near = await listener.AcceptAsync();
        near.NoDelay = true;
        await connect;
        return (far, near);
    }

    private static async Task ExchangeAsync(Socket client, byte[] message, byte[] answer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await client.SendAsync(message, SocketFlags.None, CancellationToken.None);
            for (int got = 0; got < answer.Length;)
            {
                got += await client.ReceiveAsync(answer.AsMemory(got), SocketFlags.None, CancellationToken.None);
            }
        }
    }

    /// <summary>Answers each masked 64-byte text frame with the same frame, still masked bytes but marked as unmasked: 70 bytes in, 66 out.</summary>
    private static async Task EchoAsync(Socket backend)
    {
        byte[] frame = new byte[70];
        byte[] answer = FrameBytes.Text(new string('y', 64), masked: false);
        while (true)
        {
            for (int got = 0; got < frame.Length;)
            {
                int count = await backend.ReceiveAsync(frame.AsMemory(got), SocketFlags.None, CancellationToken.None);
                if (count == 0 || frame[0] == 0x88)
                {
                    backend.Dispose();
                    return;
                }

                got += count;
            }

            await backend.SendAsync(answer, SocketFlags.None, CancellationToken.None);
        }
    }
}
