using System.Diagnostics.CodeAnalysis;

namespace WsIngress.Relay;

/// <summary>
/// The driver over two streams: WebSockets over HTTP/2 (RFC 8441), over SslStream, and on systems without epoll. Two pumps move the bytes;
/// this loop sleeps until the end is decided and then sees both sides through the close handshake.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Neither field holds a handle or a timer, and a pump that was left behind may still use them.")]
public sealed class StreamRelay : IRelayDriver
{
    private readonly RelaySession _session;
    private readonly RelayEnd _client;
    private readonly RelayEnd _backend;
    private readonly RelayPump _toBackend;
    private readonly RelayPump _toClient;
    private readonly CancellationTokenSource _cut = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly CancellationToken _abort;

    private StreamRelay(
        RelaySession session,
        RelayEnd client,
        RelayEnd backend,
        ReadOnlyMemory<byte> earlyFromClient,
        ReadOnlyMemory<byte> earlyFromBackend,
        CancellationToken abort)
    {
        _session = session;
        _client = client;
        _backend = backend;
        _abort = abort;
        _toBackend = new RelayPump(session.ToBackend, session, client.Stream, backend, earlyFromClient, _cut.Token);
        _toClient = new RelayPump(session.ToClient, session, backend.Stream, client, earlyFromBackend, _cut.Token);
    }

    /// <summary>As the overload with <see cref="RelayEnd"/>, for streams whose half-close <see cref="RelayEnd.From"/> knows.</summary>
    public static Task<RelayReport> RunAsync(
        RelaySession session,
        Stream client,
        Stream backend,
        ReadOnlyMemory<byte> earlyFromClient,
        ReadOnlyMemory<byte> earlyFromBackend,
        CancellationToken abort)
    {
        return RunAsync(session, RelayEnd.From(client), RelayEnd.From(backend), earlyFromClient, earlyFromBackend, abort);
    }

    /// <summary>
    /// Relays until the session has ended, disposes both streams and reports. Never throws for what a peer or a stream does.
    /// </summary>
    /// <param name="session">A fresh session.</param>
    /// <param name="client">The side whose frames are masked.</param>
    /// <param name="backend">The side whose frames are not.</param>
    /// <param name="earlyFromClient">Bytes of the client that were read behind its handshake.</param>
    /// <param name="earlyFromBackend">Bytes of the backend that were read behind its 101.</param>
    /// <param name="abort">Ends both sides without waiting for anyone: a Close goes out where it can at once. Outcome proxy-shutdown.</param>
    public static Task<RelayReport> RunAsync(
        RelaySession session,
        RelayEnd client,
        RelayEnd backend,
        ReadOnlyMemory<byte> earlyFromClient,
        ReadOnlyMemory<byte> earlyFromBackend,
        CancellationToken abort)
    {
        // Not itself asynchronous: its arguments, the early bytes among them, would live as long as the socket.
        return new StreamRelay(session, client, backend, earlyFromClient, earlyFromBackend, abort).RunAsync();
    }

    private async Task<RelayReport> RunAsync()
    {
        _session.Attach(this);
        Task pumps = Task.WhenAll(_toBackend.RunAsync(), _toClient.RunAsync());
        using (_abort.UnsafeRegister(static state => ((StreamRelay)state!).Wake(), this))
        {
            await RelayUntilDecidedAsync().ConfigureAwait(false);
            await CloseHandshakeAsync().ConfigureAwait(false);
            await LingerAsync().ConfigureAwait(false);
        }

        await EndAsync(pumps).ConfigureAwait(false);
        return _session.Report();
    }

    bool IRelayDriver.KeepsTime => false;

    void IRelayDriver.Changed()
    {
        Wake();
    }

    private void Wake()
    {
        _changed.Release();
    }

    /// <summary>
    /// Waits for the decision. A sink that failed while its own bytes are still being read gets the close timeout to say why; then it is lost.
    /// </summary>
    private async Task RelayUntilDecidedAsync()
    {
        while (_session.Ending is null && !_abort.IsCancellationRequested)
        {
            bool suspect = _session.ToBackend.SinkFailed || _session.ToClient.SinkFailed;
            if (!suspect)
            {
                await _changed.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                if (_session.Options.HasFrameRules)
                {
                    _ = _toClient.PingAsync();
                    _ = _toBackend.PingAsync();
                }
            }
            else if (!await WaitAsync(() => _session.Ending is not null, _session.Options.CloseTimeout).ConfigureAwait(false) && !_abort.IsCancellationRequested)
            {
                _session.Lose(_session.ToBackend.SinkFailed ? RelaySide.Backend : RelaySide.Client, "took no more bytes");
            }
        }

        if (_abort.IsCancellationRequested)
        {
            _session.Abort();
        }
    }

    /// <summary>Closes what the relay has to close, waits for the peers' part, and at the timeout closes whatever can still be closed.</summary>
    private async Task CloseHandshakeAsync()
    {
        _toBackend.EndPause();
        _toClient.EndPause();
        Task seals = SealBothAsync();
        bool Settled() => seals.IsCompleted && _session.ToBackend.Settled && _session.ToClient.Settled;
        if (!await WaitAsync(Settled, _session.Options.CloseTimeout).ConfigureAwait(false) && !_abort.IsCancellationRequested)
        {
            _session.SetOverdue();
            Task last = SealBothAsync();
            await WaitAsync(() => last.IsCompleted, _session.Options.LingerTimeout).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends the client's connection first, where the relay is the server, and waits a little for the backend to end its own. A peer whose Close
    /// was not seen gets the same little time to read ours: to cut a connection with unread bytes in it would destroy it on the way.
    /// </summary>
    private async Task LingerAsync()
    {
        if (_abort.IsCancellationRequested)
        {
            return;
        }

        Task client = WakingAtItsEnd(_toClient.SealAsync(Shutdown.Always));
        Task backend = _session.CloseFrom(RelaySide.Backend) is null ? WakingAtItsEnd(_toBackend.SealAsync(Shutdown.Always)) : Task.CompletedTask;
        bool Gone() => client.IsCompleted && backend.IsCompleted && _session.ToClient.SourceEnded
            && (_session.ToBackend.SourceEnded || _session.CloseFrom(RelaySide.Client) is not null);
        await WaitAsync(Gone, _session.Options.LingerTimeout).ConfigureAwait(false);
    }

    /// <summary>Ends the pumps. A stream that heeds neither token nor disposal is left behind: its pump keeps its buffer and ends when it may.</summary>
    private async Task EndAsync(Task pumps)
    {
        await _cut.CancelAsync().ConfigureAwait(false);
        Task all = Task.WhenAll(DisposeAsync(_client.Stream), DisposeAsync(_backend.Stream), pumps);
        try
        {
            await all.WaitAsync(_session.Options.LingerTimeout, _session.Time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    private Task SealBothAsync()
    {
        return WakingAtItsEnd(Task.WhenAll(_toBackend.SealAsync(Shutdown.No), _toClient.SealAsync(Shutdown.No)));
    }

    /// <summary>
    /// A seal signals what it wrote before its task is complete. Whoever waits for the task and looked in between would not look again until
    /// its timeout.
    /// </summary>
    private Task WakingAtItsEnd(Task seal)
    {
        if (!seal.IsCompleted)
        {
            _ = seal.ContinueWith(
                static (_, relay) => ((StreamRelay)relay!).Wake(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return seal;
    }

    /// <summary>True if the condition came true; false after the timeout, or at once when the relay is aborted.</summary>
    private async Task<bool> WaitAsync(Func<bool> condition, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout, _session.Time);
        while (!condition())
        {
            if (_abort.IsCancellationRequested)
            {
                return false;
            }

            try
            {
                await _changed.WaitAsync(deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return condition();
            }
        }

        return true;
    }

    private static async Task DisposeAsync(Stream stream)
    {
        try
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is gone either way, and the outcome is decided.
        }
    }
}
