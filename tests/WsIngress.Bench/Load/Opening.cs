using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using WsIngress.Bench.Os;
using WsIngress.Transport.Loops;

namespace WsIngress.Bench.Load;

/// <summary>Opens WebSockets, a bounded number at a time: connect, TLS, request, and an answer that must be 101 with the right accept key and nothing behind it.</summary>
internal sealed unsafe class Opening
{
    private const int MostHead = 4096;

    /// <summary>The nonce of RFC 6455 §1.3 and the accept key that belongs to it.</summary>
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LoadOptions _options;
    private readonly SocketSet _set;
    private readonly LoadReport _report;
    private readonly TlsTicket? _tls;
    private readonly byte[] _request;
    private LoadSocket?[] _sockets = [];
    private Dial[] _dials = [];
    private int _done;

    public Opening(LoadOptions options, SocketSet set, LoadReport report)
    {
        (_options, _set, _report) = (options, set, report);
        _tls = options.Tls ? new(options) : null;
        var text = $"GET {options.Path} HTTP/1.1\r\nHost: {options.Host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\n\r\n";
        _request = GC.AllocateUninitializedArray<byte>(text.Length, pinned: true);
        Encoding.ASCII.GetBytes(text, _request);
    }

    private enum Phase
    {
        Connecting,
        Tls,
        Head,
        Open,
        Failed,
    }

    /// <summary>The open ones by number; null where it failed, which the report counts.</summary>
    public LoadSocket?[] Open(int count)
    {
        (_sockets, _dials, _done) = (new LoadSocket?[count], new Dial[count], 0);
        var began = Stopwatch.GetTimestamp();
        for (var started = 0; _done < count;)
        {
            for (; started < count && started - _done < LoadOptions.InFlight; started++)
            {
                Start(started);
            }

            var events = _set.Wait(1_000);
            for (var i = 0; i < events; i++)
            {
                Advance(_set.Event(i).Tag);
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                FailRest(started);
                _report.Failed += count - started;
                break;
            }
        }

        return _sockets;
    }

    private void Start(int number)
    {
        _dials[number] = new() { Head = [] };
        if (LoadSocket.Dial(_set, _options.Port, number, _report) is { } socket)
        {
            _sockets[number] = socket;
        }
        else
        {
            Fail(number, "could not dial");
        }
    }

    private void Advance(int number)
    {
        if (_sockets[number] is not { } socket)
        {
            return;
        }

        ref var dial = ref _dials[number];
        if ((dial.Phase == Phase.Connecting && !Connected(socket, ref dial)) || (dial.Phase == Phase.Tls && !Handshake(socket, ref dial)))
        {
            return;
        }

        if (dial.Phase == Phase.Head)
        {
            ReadHead(socket, ref dial);
        }
        else if (dial.Phase == Phase.Open)
        {
            Listen(socket);
        }
    }

    private bool Connected(LoadSocket socket, ref Dial dial)
    {
        if (socket.ConnectError is var error and not 0)
        {
            Fail(socket.Number, $"connect: {Transport.Native.Errno.Text(error)}");
            return false;
        }

        if (_tls is not null)
        {
            socket.Begin(_tls);
        }

        dial.Phase = Phase.Tls;
        return true;
    }

    /// <summary>TLS where there is any, then the request; true when that is sent.</summary>
    private bool Handshake(LoadSocket socket, ref Dial dial)
    {
        if (_tls is not null && socket.Handshake() is var result and not 1)
        {
            if (result is IoResult.WantRead or IoResult.WantWrite)
            {
                socket.Watch(write: result == IoResult.WantWrite);
            }
            else
            {
                Fail(socket.Number, "the TLS handshake failed");
            }

            return false;
        }

        if (socket.Write((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_request, 0), _request.Length) != _request.Length)
        {
            Fail(socket.Number, "the request was not taken");
            return false;
        }

        socket.Watch(write: false);
        dial.Phase = Phase.Head;
        return true;
    }

    private void ReadHead(LoadSocket socket, ref Dial dial)
    {
        byte* buffer = stackalloc byte[MostHead];
        var count = socket.Read(buffer, MostHead - dial.Head.Length);
        if (count == IoResult.WantRead)
        {
            return;
        }

        if (count <= 0)
        {
            Fail(socket.Number, "closed before an answer");
            return;
        }

        // Nearly every head comes in one piece.
        dial.Head = [.. dial.Head, .. new ReadOnlySpan<byte>(buffer, count)];
        var end = dial.Head.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0 && dial.Head.Length < MostHead)
        {
            return;
        }

        var text = Encoding.ASCII.GetString(dial.Head);
        if (!text.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) || !text.Contains(Accept, StringComparison.Ordinal) || end + 4 != dial.Head.Length)
        {
            Fail(socket.Number, $"answer: {text.Split('\r')[0]}");
            return;
        }

        if (_tls is not null)
        {
            socket.Keep(_tls);
        }

        _report.Resumed += socket.Resumed ? 1 : 0;
        (dial.Phase, dial.Head) = (Phase.Open, []);
        _done++;
    }

    /// <summary>An open socket has nothing to say yet: TLS tickets at most.</summary>
    private void Listen(LoadSocket socket)
    {
        byte* buffer = stackalloc byte[256];
        if (socket.Read(buffer, 256) != IoResult.WantRead)
        {
            _report.Lost++;
            _report.Note("a socket ended or spoke before it was asked to");
            socket.Close();
            _sockets[socket.Number] = null;
        }
    }

    private void Fail(int number, string why)
    {
        _sockets[number]?.Close();
        _sockets[number] = null;
        _dials[number].Phase = Phase.Failed;
        _report.Failed++;
        _report.Note(why);
        _done++;
    }

    private void FailRest(int started)
    {
        for (var i = 0; i < started; i++)
        {
            if (_dials[i].Phase is not (Phase.Open or Phase.Failed))
            {
                Fail(i, $"not open after {Patience.TotalSeconds} s");
            }
        }
    }

    private struct Dial
    {
        public Phase Phase;
        public byte[] Head;
    }
}
