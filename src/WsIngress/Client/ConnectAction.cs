using System.Net.WebSockets;
using WsIngress.Cli;

namespace WsIngress.Client;

/// <summary>One <c>wsingress connect</c> from handshake to exit code: 0 ended well, 1 refused, lost or abnormally closed.</summary>
internal static class ConnectAction
{
    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(ConnectOptions options, Stream input, IConnectReport report, TimeProvider time, CancellationToken stopping)
    {
        using var client = new HandshakeClient(options, time);
        try
        {
            var handshake = await client.OpenAsync(stopping);
            if (handshake.Stream is null)
            {
                report.Refused(handshake);
                return 1;
            }

            report.Opened(handshake);
            return await TalkAsync(handshake, options, input, report, time, stopping);
        }
        catch (Exception e) when (e is HandshakeException or IOException)
        {
            report.Failed(e.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            report.Failed("stopped before the handshake was done");
            return 1;
        }
    }

    private static async Task<int> TalkAsync(
        Handshake handshake, ConnectOptions options, Stream input, IConnectReport report, TimeProvider time, CancellationToken stopping)
    {
        var stream = handshake.Stream!;
        if (options.Ping)
        {
            var probe = new PingProbe(stream, time);
            report.Pinged(await probe.MeasureAsync(PingPatience < options.Timeout ? PingPatience : options.Timeout, stopping));
            stream = probe.Rest;
        }

        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            SubProtocol = handshake.Subprotocol,
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
        });
        var session = new ConnectSession(
            socket,
            new MessageInput(options.Send, input, options.Binary),
            new ConnectLimits(options.Count, options.Hold, options.Timeout, options.LargestMessage),
            report,
            time);
        return await session.RunAsync(stopping);
    }
}
