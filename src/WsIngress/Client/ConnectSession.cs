using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace WsIngress.Client;

/// <summary>
/// The talk over one open socket: sends what <see cref="MessageInput"/> brings, reports what comes, and ends when the awaited number
/// of messages is in, the other side closes, or the user stops it. The result is the exit code: 0 ended well, 1 did not.
/// </summary>
internal sealed class ConnectSession(WebSocket socket, MessageInput input, ConnectLimits limits, IConnectReport report, TimeProvider time)
{
    private readonly ConcurrentQueue<long> _unanswered = new();
    private volatile int _sent;
    private volatile int _received;
    private TaskCompletionSource _arrival = NewArrival();
    private bool _weClosed;

    public async Task<int> RunAsync(CancellationToken stopping)
    {
        using var sendingStops = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var receiving = ReceiveAllAsync();
        var sending = SendAllAsync(sendingStops.Token);
        var complete = await AwaitMessagesAsync(receiving, sending, stopping);
        await sendingStops.CancelAsync();
        await CloseAsync(receiving);
        var (code, reason, by) = Ending();
        report.Closed(code, reason, by, _sent, _received);
        return complete && CloseCodes.IsNormal(code) ? 0 : 1;
    }

    /// <summary>True when everything awaited came or the user ended it.</summary>
    private async Task<bool> AwaitMessagesAsync(Task receiving, Task sending, CancellationToken stopping)
    {
        try
        {
            // The arrival is taken before the count is looked at, so that none is missed between the two.
            for (var arrival = NextArrival(); !Enough(sending) && !receiving.IsCompleted; arrival = NextArrival())
            {
                // While the user may still type nothing is overdue, but Ctrl-C must get through.
                using var turn = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                var patience = Task.Delay(sending.IsCompleted && !limits.Hold ? limits.Timeout : Timeout.InfiniteTimeSpan, time, turn.Token);
                var happened = await Task.WhenAny(sending.IsCompleted ? [arrival, receiving, patience] : [arrival, receiving, patience, sending]);
                stopping.ThrowIfCancellationRequested();
                await turn.CancelAsync();
                if (happened == patience)
                {
                    report.Failed($"{_received} of {Expected} messages came; none for {limits.Timeout.TotalSeconds:0.###} s (--timeout)");
                    return false;
                }
            }

            stopping.ThrowIfCancellationRequested();
            if (Enough(sending) || limits.Hold || (limits.Count is null && !sending.IsCompleted))
            {
                return true;
            }

            report.Failed($"the socket closed after {_received} of {Expected} messages");
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return true;
        }
    }

    private int Expected => limits.Count ?? _sent;

    private bool Enough(Task sending) =>
        limits.Count is { } count
            ? _received >= count && (sending.IsCompleted || (count > 0 && !input.IsGiven))
            : sending.IsCompleted && !limits.Hold && _received >= _sent;

    private async Task SendAllAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in input.ReadAsync(cancellation))
            {
                _unanswered.Enqueue(time.GetTimestamp());
                // Cancelling a send would tear the socket down; only the reading of input is cancelled.
                await socket.SendAsync(message, input.Type, true, CancellationToken.None);
                _sent++;
                report.Sent(input.Type, message);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The receiving side learns why and reports it.
        }
    }

    private async Task ReceiveAllAsync()
    {
        var message = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(message.GetMemory(16 * 1024), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                message.Advance(part.Count);
                if (message.WrittenCount > limits.LargestMessage)
                {
                    _weClosed = true;
                    report.Failed($"a message of more than {limits.LargestMessage} bytes");
                    await socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, "message too big", CancellationToken.None);
                    return;
                }

                if (part.EndOfMessage)
                {
                    Deliver(part.MessageType, message.WrittenMemory);
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Ending() says "lost" when there was no Close frame.
        }
    }

    private void Deliver(WebSocketMessageType type, ReadOnlyMemory<byte> payload)
    {
        TimeSpan? roundTrip = _unanswered.TryDequeue(out var since) ? time.GetElapsedTime(since) : null;
        report.Received(type, payload, roundTrip);
        _received++;
        Interlocked.Exchange(ref _arrival, NewArrival()).SetResult();
    }

    private Task NextArrival() => Volatile.Read(ref _arrival).Task;

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task CloseAsync(Task receiving)
    {
        using var limit = new CancellationTokenSource(limits.Timeout, time);
        try
        {
            if (socket.State is WebSocketState.Open)
            {
                _weClosed = true;
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            }
            else if (socket.State is WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, limit.Token);
            }

            await receiving.WaitAsync(limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }
    }

    private (int Code, string Reason, string By) Ending() =>
        socket.CloseStatus is { } status
            ? ((int)status, socket.CloseStatusDescription ?? "", _weClosed ? "client" : "server")
            : (CloseCodes.Lost, "", "nobody");
}
