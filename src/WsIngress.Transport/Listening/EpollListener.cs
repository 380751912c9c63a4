using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;
using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Listening;

/// <summary>One end point on all loops. Kestrel gets the connections that nobody else takes.</summary>
internal sealed class EpollListener : IConnectionListener
{
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(10);

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });
    private readonly LoopGroup _loops;
    private readonly HttpPipes _pipes;
    private readonly ILogger _logger;
    private readonly List<AcceptSocket> _sockets = [];
    private readonly HashSet<FreshSocket>[] _fresh;
    private readonly bool _isTls;
    private long _saidAt;
    private int _unbound;

    /// <exception cref="IOException">The address is in use or cannot be bound.</exception>
    public EpollListener(IPEndPoint endPoint, LoopGroup loops, EpollOptions options, HttpPipes pipes, ILogger logger)
    {
        _loops = loops;
        _pipes = pipes;
        _logger = logger;
        _isTls = endPoint is TlsEndPoint;
        Requests = endPoint is ServerEndPoint ? null : options.Requests;
        _fresh = [.. loops.Loops.Select(_ => new HashSet<FreshSocket>())];
        Options = options;
        EndPoint = Bind(endPoint);
    }

    public EndPoint EndPoint { get; }

    internal EpollOptions Options { get; }

    /// <summary>Null leaves every connection to the server.</summary>
    internal IRequestEntry? Requests { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Takes what the kernel has queued, then accepts no more; connections that have not said anything yet are closed.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _unbound, 1) != 0)
        {
            return;
        }

        foreach (var socket in _sockets)
        {
            await socket.Loop.SwitchTo();
            socket.AcceptAll();
            socket.Close();
            foreach (var fresh in _fresh[socket.Loop.Index].ToArray())
            {
                fresh.End();
            }
        }

        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out var connection))
        {
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A connection was accepted; on the loop's thread.</summary>
    internal void Accepted(EventLoop loop, int descriptor, IPEndPoint remote)
    {
        var fresh = new FreshSocket(this, loop, descriptor, remote);
        _fresh[loop.Index].Add(fresh);
        fresh.Begin(_isTls, MayBeginWithHeader(remote.Address) ? new ProxyHeaderReader() : null);
    }

    internal TlsSession AcceptTls(int descriptor) => (Options.AcceptTls ?? throw new InvalidOperationException("A TLS end point needs AcceptTls."))(descriptor);

    internal void HeaderRefused(IPEndPoint? peer) => TransportLog.ProxyHeaderRefused(_logger, peer?.ToString() ?? "");

    private bool MayBeginWithHeader(IPAddress peer)
    {
        foreach (var network in Options.ProxyProtocolPeers)
        {
            if (network.Contains(peer))
            {
                return true;
            }
        }

        return false;
    }

    internal void Forget(FreshSocket fresh) => _fresh[fresh.Loop.Index].Remove(fresh);

    internal void Deliver(EventLoop loop, BareSocket socket, ConnectionEnds ends, ReadOnlySpan<byte> first)
    {
        var connection = new HttpConnection(loop, socket, ends.Local, ends.Remote, _pipes);
        connection.Start(first);
        if (!_accepted.Writer.TryWrite(connection))
        {
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
        }
    }

    internal void AcceptPaused(TimeSpan pause, string cause)
    {
        long now = TimeProvider.System.GetTimestamp();
        if (_saidAt == 0 || TimeProvider.System.GetElapsedTime(_saidAt, now) >= SayAgain)
        {
            _saidAt = now;
            TransportLog.AcceptPaused(_logger, EndPoint.ToString()!, (int)pause.TotalMilliseconds, cause);
        }
    }

    private IPEndPoint Bind(IPEndPoint endPoint)
    {
        // A shared port is also shared with another process of this user, silently. One that nobody may share shows whether it is free.
        if (endPoint.Port != 0)
        {
            _ = LibC.Close(AcceptSocket.Open(endPoint, shared: false, backlog: 0));
        }

        IPEndPoint bound = endPoint;
        foreach (var loop in _loops.Loops)
        {
            int descriptor;
            try
            {
                descriptor = AcceptSocket.Open(bound, shared: true, Options.Backlog);
            }
            catch
            {
                _sockets.ForEach(s => s.Loop.Post(static state => ((AcceptSocket)state!).Close(), s));
                throw;
            }

            if (bound.Port == 0)
            {
                bound = new IPEndPoint(endPoint.Address, AcceptSocket.EndPointOf(descriptor).Port);
            }

            var socket = new AcceptSocket(this, loop, descriptor);
            _sockets.Add(socket);
            loop.Post(static state => ((AcceptSocket)state!).Watch(LibC.EPOLLIN), socket);
        }

        return bound;
    }
}
