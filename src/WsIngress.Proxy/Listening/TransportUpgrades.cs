using System.Buffers;
using System.Net;
using Microsoft.Extensions.Logging;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Proxy.Telemetry;
using WsIngress.Transport.Heads;
using WsIngress.Transport.Listening;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Listening;

/// <summary>
/// WebSockets whose heads the transport reads itself: the same pipeline, without any object of the HTTP server. All of a handshake runs on the loop of
/// its client, but for names that have to be resolved.
/// </summary>
internal sealed class TransportUpgrades(
    HandshakePipeline pipeline, SocketRelays relays, IProxyTelemetry telemetry, RequestIds ids, DateLine date, TimeProvider time, ILogger logger)
{
    /// <summary>Takes the connection.</summary>
    /// <param name="loop">Its loop, whose thread this is.</param>
    /// <param name="head">Asks for a WebSocket.</param>
    /// <param name="early">What the client has sent behind it.</param>
    /// <param name="ends">Where the connection comes from.</param>
    /// <param name="isTls">It is TLS.</param>
    /// <param name="connection">Gives the socket.</param>
    public void Take(EventLoop loop, RequestHead head, byte[] early, ConnectionEnds ends, bool isTls, IFreshConnection connection)
    {
        var socket = connection.Take();
        var request = TransportHandshake.Read(head, ends.Remote?.Address ?? IPAddress.None, isTls, socket.Tls);
        _ = RunAsync(new StreamSocket(loop, socket), connection, request, early);
    }

    private async Task RunAsync(StreamSocket client, IFreshConnection connection, HandshakeRequest request, byte[] early)
    {
        var id = ids.Next();
        var started = time.GetTimestamp();
        relays.Enter();
        try
        {
            HandshakeResult result;
            using (var limit = new HandshakeLimit(client.Loop, time))
            {
                client.WatchForEnd(limit);
                result = await pipeline.RunAsync(request, id, client.Loop, limit);
                await client.Loop.SwitchTo();
                client.WatchForEnd(null);
            }

            if (result is not HandshakeAccepted accepted)
            {
                await RefuseAsync(client, connection, (HandshakeRefused)result, early, started);
            }
            else if (await AcceptAsync(client, accepted, early, started) is { } open)
            {
                // Not awaited: an open socket holds nothing of its handshake.
                relays.Enter();
                _ = RelayAsync(open, id);
            }
        }
        catch (Exception error)
        {
            await FailAsync(client, error, id);
        }
        finally
        {
            relays.Leave();
        }
    }

    private async Task FailAsync(StreamSocket client, Exception error, string id)
    {
        ProxyLog.RequestFailed(logger, error, id);
        await client.Loop.SwitchTo();
        client.Abandon();
    }

    /// <summary>A socket whose sides are not both on the loop: over streams.</summary>
    private async Task RelayAsync(OpenSocket open, string id)
    {
        try
        {
            await relays.RunAsync(open, null);
        }
        catch (Exception error)
        {
            ProxyLog.RequestFailed(logger, error, id);
            await open.Client.DisposeAsync();
        }
        finally
        {
            relays.Leave();
        }
    }

    private async Task RefuseAsync(StreamSocket client, IFreshConnection connection, HandshakeRefused refused, byte[] early, long started)
    {
        telemetry.HandshakeCompleted(refused.ToFacts(refused.Status, refused.Refusal, refused.Detail, time.GetElapsedTime(started)));
        var isLast = relays.IsDraining;
        if (refused.Refusal != HandshakeRefusal.ClientGone && await AnswerAsync(client, refused, isLast))
        {
            if (isLast)
            {
                // Not awaited: a drain need not wait for it.
                _ = client.LingerAsync().AsTask();
                return;
            }

            // HTTP goes on where a socket did not begin: the client may ask for something else, or try again.
            connection.GiveToServer(client.HandOver(), early);
            return;
        }

        client.Abandon();
    }

    /// <summary>A socket whose sides are not both on the loop, to be relayed over streams; else null, and the client is somebody else's or closed.</summary>
    private async Task<OpenSocket?> AcceptAsync(StreamSocket client, HandshakeAccepted accepted, byte[] early, long started)
    {
        var connection = accepted.Connection;
        var head = new ArrayBufferWriter<byte>(512);
        if (!AnswerBytes.TryWriteSwitch(head, accepted.Headers, date))
        {
            await connection.DisposeAsync();
            telemetry.HandshakeCompleted(accepted.ToFacts(500, HandshakeRefusal.InternalError, "a header of the answer cannot be written", time.GetElapsedTime(started)));
            client.Abandon();
            return null;
        }

        try
        {
            await client.WriteAsync(head.WrittenMemory, CancellationToken.None);
        }
        catch (IOException error)
        {
            await connection.DisposeAsync();
            telemetry.HandshakeCompleted(accepted.ToFacts(499, HandshakeRefusal.ClientGone, error.Message, time.GetElapsedTime(started)));
            client.Abandon();
            return null;
        }

        telemetry.HandshakeCompleted(accepted.ToFacts(101, HandshakeRefusal.None, null, time.GetElapsedTime(started)));
        var facts = accepted.ToSocketFacts();
        if (connection.Stream is LoopStream pod && pod.Socket.Loop == client.Loop && connection.TryDetach(out var bare))
        {
            relays.Start(client.Loop, facts, accepted.Request, client.HandOver(), bare, early, connection.TakeEarly());
            return null;
        }

        return new OpenSocket(facts, new LoopStream(client), connection) { Request = accepted.Request, Early = early };
    }

    /// <summary>True when the whole answer was sent, on the loop's thread.</summary>
    private async Task<bool> AnswerAsync(StreamSocket client, HandshakeRefused refused, bool isLast)
    {
        if (isLast)
        {
            refused.Headers.Set("Connection", "close");
        }

        var output = new ArrayBufferWriter<byte>(512);
        try
        {
            if (refused.Answer is not { } answer)
            {
                if (!AnswerBytes.TryWriteRefusal(output, refused.Status, refused.Headers, refused.Text, date))
                {
                    AnswerBytes.TryWriteRefusal(output, 500, new HeaderList(0), "defect in the proxy, see its log", date);
                }

                await client.WriteAsync(output.WrittenMemory, CancellationToken.None);
            }
            else
            {
                await using (answer.Connection)
                {
                    await PassOnAsync(client, refused, answer, output);
                }
            }

            await client.Loop.SwitchTo();
            return true;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client must not take half of the pod's answer for all of it: its connection ends without the last chunk.
        }

        await client.Loop.SwitchTo();
        return false;
    }

    /// <summary>The pod's own answer with its body, within the time of a handshake.</summary>
    private async Task PassOnAsync(StreamSocket client, HandshakeRefused refused, PodAnswer answer, ArrayBufferWriter<byte> output)
    {
        var wait = refused.Request.Route!.Policy.WebSocket.HandshakeTimeout;
        using var limit = new CancellationTokenSource(wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan, time);
        var framing = answer.Body.Framing;
        if (!AnswerBytes.TryWritePodHead(output, refused.Status, refused.Headers, framing, date))
        {
            AnswerBytes.TryWriteRefusal(output, 502, new HeaderList(0), "the pod's answer cannot be passed on", date);
            await client.WriteAsync(output.WrittenMemory, limit.Token);
            return;
        }

        await client.WriteAsync(output.WrittenMemory, limit.Token);
        await using var body = new AnswerBody(client, AnswerBytes.IsInChunks(framing));
        await answer.Body.CopyToAsync(body, limit.Token);
        await body.EndAsync(limit.Token);
    }
}
