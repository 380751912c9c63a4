using System.Net.Sockets;
using WsIngress.Tests.Transport.Support;
using WsIngress.Transport.Native;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Relay.Support;

/// <summary>Carries a peer's two lanes over a TCP connection, with TLS or without: an end as FIN, a break as RST, and the reverse.</summary>
internal sealed class LaneBridge
{
    private const int NarrowBuffers = 4096;

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FarEnd _far;
    private readonly string? _inode;
    private Task _pumps = Task.CompletedTask;

    public LaneBridge(TestPeer peer, bool narrow, Func<int, TlsSession>? tls = null)
    {
        Peer = peer;
        (Socket far, Near) = SocketPair.Open(narrow ? NarrowBuffers : 0);
        _far = new FarEnd(far, tls);
        _inode = SocketPair.Inode(Near);
    }

    public TestPeer Peer { get; }

    /// <summary>The relay's end.</summary>
    public int Near { get; }

    public bool NearIsClosed => SocketPair.Inode(Near) != _inode;

    public void Start()
    {
        _pumps = Task.Run(RunAsync);
    }

    /// <summary>The relay's end has made its handshake: the peer may do what it likes.</summary>
    public void Ready()
    {
        _ready.TrySetResult();
    }

    public async ValueTask DisposeAsync(bool closeNear)
    {
        await _stop.CancelAsync();
        Peer.In.Abandon();
        _far.Dispose();
        await RelayHarness.Guard(_pumps);
        if (closeNear)
        {
            _ = LibC.Close(Near);
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await _far.BeginAsync(_stop.Token);
            await _ready.Task.WaitAsync(_stop.Token);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return;
        }

        await Task.WhenAll(SendAsync(), ReceiveAsync());
    }

    private async Task SendAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await Peer.Out.ReadAsync(buffer, _stop.Token) is var count and > 0)
            {
                await _far.SendAsync(buffer.AsMemory(0, count), _stop.Token);
            }

            await _far.EndAsync();
        }
        catch (IOException)
        {
            await _far.ResetAsync();
            Peer.Out.Abandon();
        }
        catch (Exception error) when (IsEnd(error))
        {
            Peer.Out.Abandon();
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await _far.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
            {
                await Peer.In.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }

            Peer.In.Complete();
        }
        catch (IOException)
        {
            // The peer reads no more; what it still says goes on.
        }
        catch (Exception error) when (IsEnd(error))
        {
            // What came before a reset was received.
            Peer.In.Complete();
        }
    }

    private static bool IsEnd(Exception error)
    {
        return error is SocketException or ObjectDisposedException or OperationCanceledException;
    }
}
