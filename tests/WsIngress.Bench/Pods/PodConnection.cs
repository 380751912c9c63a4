using System.Buffers;
using System.Globalization;
using WsIngress.Bench.Load;
using WsIngress.Transport.Native;

namespace WsIngress.Bench.Pods;

/// <summary>A connection of the pod: first HTTP/1.1, then by the path of the upgrade an echo of whole messages, a sink, or a source.</summary>
internal sealed unsafe class PodConnection(EchoPod pod, int descriptor, int number)
{
    private const int MostFrame = 8 << 20;
    private const int MostHead = 64 << 10;

    private readonly PodOutput _output = new(descriptor);
    private FrameReader? _reader;
    private PodSource? _source;
    private byte[] _held = [];
    private int _heldLength;
    private uint _interest = LibC.EPOLLIN;
    private bool _upgraded;
    private bool _over;

    public int Descriptor => descriptor;

    public int Number => number;

    public void OnEvents(uint events)
    {
        if ((events & LibC.EPOLLOUT) != 0)
        {
            _output.Flush();
            _source?.Produce();
        }

        if ((events & ~LibC.EPOLLOUT) != 0)
        {
            Receive();
        }

        if (_over || _output.Failed)
        {
            Close();
            return;
        }

        // What the peer does not take stops the reading.
        var interest = _output.HasPending ? LibC.EPOLLOUT : _source is { Running: true } ? LibC.EPOLLIN | LibC.EPOLLOUT : LibC.EPOLLIN;
        if (interest != _interest)
        {
            _interest = interest;
            pod.Watch(this, interest);
        }
    }

    private void Receive()
    {
        var into = _heldLength > 0 ? _held.AsSpan(_heldLength) : pod.Scratch;
        nint count;
        fixed (byte* at = into)
        {
            count = LibC.Recv(descriptor, at, into.Length);
        }

        if (count <= 0)
        {
            _over = count == 0 || LibC.LastError != Errno.EAGAIN;
            return;
        }

        var bytes = _heldLength > 0 ? _held.AsSpan(0, _heldLength + (int)count) : into[..(int)count];
        var used = 0;
        while (!_over && used < bytes.Length && Take(bytes[used..]) is var taken and > 0)
        {
            used += taken;
        }

        Hold(bytes[used..]);
    }

    /// <summary>Bytes that could be used; 0 when more are needed first.</summary>
    private int Take(Span<byte> bytes) => !_upgraded ? Answer(bytes) : _reader is null ? Echo(bytes) : Listen(bytes, _reader);

    private int Answer(Span<byte> bytes)
    {
        var length = PodRequest.LengthOf(bytes);
        if (length == 0)
        {
            _over = bytes.Length > MostHead;
            return 0;
        }

        var request = PodRequest.Parse(bytes[..length]);
        if (request.Key is null)
        {
            _output.Send(request.PlainAnswer(pod.Upgraded));
            return length;
        }

        Span<byte> answer = stackalloc byte[256];
        _output.Send(answer[..request.WriteUpgrade(answer)]);
        _upgraded = true;
        pod.Upgraded++;
        _reader = request.Path == "/echo" ? null : new();
        if (request.Path.StartsWith("/source/", StringComparison.Ordinal))
        {
            _source = new(_output, int.TryParse(request.Path.AsSpan(8), CultureInfo.InvariantCulture, out var size) ? Math.Clamp(size, 1, MostFrame) : 1);
        }

        return length;
    }

    /// <summary>A whole frame goes back from where it lies: the header of the answer is put over the mask, right before the payload.</summary>
    private int Echo(Span<byte> bytes)
    {
        if (!WireHeader.TryRead(bytes, out var header) || (header.Frame > bytes.Length && header.Payload <= MostFrame))
        {
            return 0;
        }

        if (header.Payload > MostFrame || !header.Masked)
        {
            _over = true;
            return bytes.Length;
        }

        // A Close too: it is answered with its own words, and the end follows (RFC 6455 §5.5.1, §7.1.1).
        _over = header.First == WireHeader.Close;
        var frame = bytes[..(int)header.Frame];
        if (header.First != WireHeader.Pong)
        {
            Unmask.Apply(frame[header.Length..], BitConverter.ToUInt32(frame[header.Bare..]));
            var answer = frame[(header.Length - header.Bare)..];
            (header with { First = header.First == WireHeader.Ping ? WireHeader.Pong : header.First, Masked = false }).Write(answer);
            _output.Send(answer);
        }

        return frame.Length;
    }

    /// <summary>Counts what comes; a text message asks for the count, or starts and stops the source.</summary>
    private int Listen(Span<byte> bytes, FrameReader reader)
    {
        _over = !reader.Feed(bytes);
        switch (reader.TakeText())
        {
            case "report":
                _output.Send(PodSource.Message(reader.Payload));
                break;
            case "go":
                _source?.Start();
                break;
            case "stop":
                _source?.Stop();
                break;
        }

        return bytes.Length;
    }

    /// <summary>Keeps the beginning of a frame or head for the next read, with room for the whole.</summary>
    private void Hold(Span<byte> rest)
    {
        if (rest.Length == 0)
        {
            _heldLength = 0;
            Release();
            return;
        }

        var whole = _upgraded && WireHeader.TryRead(rest, out var header) ? (int)Math.Min(header.Frame, MostFrame + 14) : rest.Length + 4096;
        if (whole > _held.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(whole);
            rest.CopyTo(larger);
            Release();
            _held = larger;
        }
        else
        {
            rest.CopyTo(_held);
        }

        _heldLength = rest.Length;
    }

    private void Close()
    {
        pod.Upgraded -= _upgraded ? 1 : 0;
        Release();
        _output.Release();
        pod.Remove(this);
    }

    private void Release()
    {
        if (_held.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_held);
            _held = [];
        }
    }
}
