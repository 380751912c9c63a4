using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Native;

namespace WsIngress.Transport.Kestrel;

/// <summary>
/// A connection in its HTTP phase: the loop feeds one pipe from the socket and the socket from the other. Kestrel reads and writes the pipes and
/// completes neither; it disposes the connection when it is done with it.
/// </summary>
internal sealed partial class HttpConnection : ConnectionContext, IDetachFeature, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature,
    IMemoryPoolFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature
{
    private const int ReadSize = 4096;

    /// <summary>Reads before the other sockets of the loop have their turn: whoever sends as fast as Kestrel answers would have the loop for itself.</summary>
    private const int ReadsPerTurn = 8;
    private static long _lastId;

    private readonly HttpSocket _socket;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly Duplex _pipes;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private HttpSender? _sender;
    private LingerTimer? _linger;
    private IDictionary<object, object?>? _items;
    private string? _id;
    private bool _inputPaused;
    private bool _inputEnded;
    private bool _readWantsWrite;
    private bool _detached;
    private bool _closedFired;

    public HttpConnection(EventLoop loop, BareSocket socket, IPEndPoint? local, IPEndPoint? remote, HttpPipes pipes)
    {
        _socket = new HttpSocket(this, loop, socket);
        MemoryPool = pipes.Pool;
        _input = new Pipe(pipes.Input(loop));
        _output = new Pipe(pipes.Output(loop));
        Transport = _pipes = new Duplex(_input.Reader, _output.Writer);
        Application = new Duplex(_output.Reader, _input.Writer);
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        ConnectionClosed = _closed.Token;
        Features = new FeatureCollection(12);
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
        Features.Set<IDetachFeature>(this);
        if (socket.Tls is { } tls)
        {
            new TlsFeatures(tls).AddTo(Features);
        }
    }

    public EventLoop Loop => _socket.Loop;

    public override string ConnectionId
    {
        get => _id ??= $"W{Interlocked.Increment(ref _lastId):X}";
        set => _id = value;
    }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public IDuplexPipe Application { get; }

    public MemoryPool<byte> MemoryPool { get; }

    /// <summary>Begins on the loop's thread, with what was read of the connection before.</summary>
    public void Start(ReadOnlySpan<byte> first)
    {
        _sender = new HttpSender(_socket, _output.Reader);
        _sending = _sender.RunAsync(this);
        if (!first.IsEmpty)
        {
            _input.Writer.Write(first);
            FlushInput();
        }

        if (_socket.Tls is { HasPending: true })
        {
            ReadAvailable();
        }

        UpdateWatch();
    }

    public void OnEvents(uint events)
    {
        bool broken = (events & (LibC.EPOLLERR | LibC.EPOLLHUP)) != 0;
        if (broken || (events & LibC.EPOLLOUT) != 0)
        {
            _sender?.Writable();
        }

        if (_linger is { IsSet: true })
        {
            DropInput();
        }
        else if (broken || (events & LibC.EPOLLIN) != 0 || _readWantsWrite)
        {
            ReadAvailable();
        }

        UpdateWatch();
    }

    public void OnDefect(Exception defect)
    {
        EndInput(defect);
        CloseNow();
    }

    public bool TryDetach(out BareSocket socket, out byte[] early)
    {
        socket = default;
        early = [];
        // A middleware that put another pipe in front, such as TLS over SslStream, still holds bytes and secrets of the connection. Off the loop's thread
        // its buffer and its timers are another's.
        if (!Loop.IsCurrent || Transport != _pipes || _socket.IsClosed || _detached || _inputEnded || _inputPaused || _sender is not { IsIdle: true })
        {
            return false;
        }

        if (_input.Reader.TryRead(out var read))
        {
            if (read.IsCanceled || read.IsCompleted)
            {
                _input.Reader.AdvanceTo(read.Buffer.Start);
                return false;
            }

            early = read.Buffer.ToArray();
            _input.Reader.AdvanceTo(read.Buffer.End);
        }

        socket = _socket.HandOver();
        _detached = true;
        EndInput(null);
        return true;
    }

    internal void UpdateWatch()
    {
        bool reads = _linger is { IsSet: true } || (!_inputEnded && !_inputPaused);
        bool writes = _readWantsWrite || _sender is { WaitsForRoom: true };
        _socket.Watch((reads ? LibC.EPOLLIN | LibC.EPOLLRDHUP : 0) | (writes ? LibC.EPOLLOUT : 0));
    }

    private void ReadAvailable()
    {
        _readWantsWrite = false;
        for (int reads = 0; !_inputEnded && !_inputPaused && !_socket.IsClosed; reads++)
        {
            if (reads == ReadsPerTurn)
            {
                ReadLater();
                return;
            }

            var memory = _input.Writer.GetMemory(ReadSize);
            int count = _socket.Read(memory.Span);
            if (count <= 0)
            {
                TakeNothing(count);
                return;
            }

            _input.Writer.Advance(count);
            FlushInput();
            if (_socket.Tls is null && count < memory.Length)
            {
                return;
            }
        }
    }

    /// <summary>What is in the kernel is reported again; what a TLS session has taken from there is not.</summary>
    private void ReadLater()
    {
        if (_socket.Tls is not null)
        {
            Loop.Post(static state => ((HttpConnection)state!).ReadOn(), this);
        }
    }

    private void ReadOn()
    {
        if (_linger is not { IsSet: true })
        {
            ReadAvailable();
            UpdateWatch();
        }
    }

    private void TakeNothing(int result)
    {
        switch (result)
        {
            case IoResult.WantRead:
                return;
            case IoResult.WantWrite:
                _readWantsWrite = true;
                return;
            case IoResult.End:
                EndInput(null);
                return;
            default:
                EndInput(new ConnectionResetException(_socket.ErrorText));
                return;
        }
    }

    /// <summary>Hands over what was read. A pipe that is full stops the reading until Kestrel has made room.</summary>
    private void FlushInput()
    {
        var flush = _input.Writer.FlushAsync();
        if (flush.IsCompleted)
        {
            TakeFlush(flush.Result);
            return;
        }

        _inputPaused = true;
        _ = ResumeAsync(flush);
    }

    private async Task ResumeAsync(ValueTask<FlushResult> flush)
    {
        var result = await flush.ConfigureAwait(false);
        await Loop.SwitchTo();
        _inputPaused = false;
        TakeFlush(result);
        if (!_inputEnded && _socket.Tls is { HasPending: true })
        {
            ReadAvailable();
        }

        UpdateWatch();
    }

    private void TakeFlush(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            // Kestrel reads no more. The socket is closed when it disposes the connection.
            _inputEnded = true;
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
