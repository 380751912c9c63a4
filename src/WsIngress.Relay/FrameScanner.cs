using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace WsIngress.Relay;

// RFC 6455 §5.2, one frame:
//
//   byte 0                 byte 1                 0, 2 or 8 bytes      0 or 4 bytes   n bytes
//  ┌───┬──────┬────────┐  ┌──────┬───────────┐   ┌──────────────────┐ ┌────────────┐ ┌─────────┐
//  │FIN│RSV1-3│ opcode │  │ MASK │ length 7  │   │ length 16 or 64, │ │ mask key,  │ │ payload │
//  │ 1 │  3   │   4    │  │  1   │ 126, 127  │   │ big endian       │ │ if MASK    │ │         │
//  └───┴──────┴────────┘  └──────┴───────────┘   └──────────────────┘ └────────────┘ └─────────┘
//
//  message = one data frame with FIN, or one without FIN + continuations, the last with FIN;
//            control frames (8, 9, 10) may stand between its frames.

/// <summary>
/// Follows the frames of one direction through any cutting of its bytes. It does no I/O, keeps no payload, and allocates nothing, save one
/// array of at most 125 bytes when a Close frame passes. RSV bits are not judged: extensions are agreed end to end.
/// </summary>
/// <remarks>
/// An unfinished header (at most 13 bytes) is held inside and released with the chunk that completes it. So what was released ends
/// either on a frame boundary or inside a payload, and a frame that breaks a rule is refused before its first byte went out.
/// </remarks>
public partial struct FrameScanner
{
    /// <summary>The longest header: 2 bytes, 64-bit length, mask key.</summary>
    public const int MaxHeaderLength = 14;

    /// <summary>The longest payload of a control frame (§5.5).</summary>
    public const int MaxControlPayload = 125;

    private readonly bool _masked;
    private HeaderBytes _header;
    private byte _held;
    private byte _headerLength;
    private FrameOpcode _opcode;
    private bool _fin;
    private bool _inMessage;
    private bool _holdsPongs;
    private bool _begun;
    private FrameScanStatus _status;
    private ulong _remaining;
    private byte[]? _closePayload;
    private FrameCounters _counters;

    /// <summary>A scanner for frames that must be masked (sent by a client) or must not be (sent by a server), §5.1.</summary>
    public FrameScanner(bool masked)
    {
        _masked = masked;
    }

    /// <summary>True if what was released ends between two frames: here, and only here, may a frame be injected.</summary>
    public readonly bool AtFrameBoundary => _remaining == 0;

    /// <summary>True if, besides, no fragmented message is open.</summary>
    public readonly bool AtMessageBoundary => _remaining == 0 && !_inMessage;

    /// <summary>Payload bytes of the open frame that are still to come.</summary>
    public readonly ulong RemainingInFrame => _remaining;

    /// <summary>Bytes of a header that were taken and not yet released; 0 to 14.</summary>
    public readonly int HeldLength => _held;

    /// <summary>What is wrong with the frame at which the scan stopped.</summary>
    public FrameError Error { get; private set; }

    /// <summary>The Close frame that passed, or null.</summary>
    public readonly CloseStatus? Close => _status == FrameScanStatus.Close ? CloseStatus.Parse(_closePayload) : null;

    /// <summary>Totals of what was released.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ref readonly FrameCounters Counters => ref _counters;

    /// <summary>Copies the held header bytes; a driver puts them in front of the next chunk before it scans that.</summary>
    public readonly void CopyHeldTo(Span<byte> destination)
    {
        ((ReadOnlySpan<byte>)_header)[.._held].CopyTo(destination);
    }

    /// <summary>
    /// Takes the next bytes of the direction. Stops exactly after a Close frame, and before a frame that breaks the protocol.
    /// </summary>
    public FrameScan Scan(ReadOnlySpan<byte> bytes)
    {
        if (_status != FrameScanStatus.Ok)
        {
            return new FrameScan(_status, 0, 0);
        }

        if (_begun)
        {
            // It went frame by frame until here; an empty frame still has its end before it.
            _begun = false;
            if (_remaining == 0)
            {
                EndFrame();
            }
        }

        int held = _held;
        int position = 0;
        int boundary = AtFrameBoundary ? 0 : -1;
        while (position < bytes.Length && _status == FrameScanStatus.Ok)
        {
            bool ended;
            position += _remaining == 0 ? TakeHeader(bytes[position..], out ended) : TakePayload(bytes[position..], out ended);
            if (ended)
            {
                boundary = held + position;
            }
        }

        int release = _status switch
        {
            FrameScanStatus.Ok => held + bytes.Length - _held,
            _ => boundary,
        };
        _counters.CountWire(release);
        return new FrameScan(_status, release, boundary);
    }

    private int TakeHeader(ReadOnlySpan<byte> bytes, out bool ended)
    {
        ended = false;
        int taken = 0;
        if (_held < 2)
        {
            taken = Hold(bytes, 2);
            if (_held < 2)
            {
                return taken;
            }

            Error = CheckStart();
            if (Error != FrameError.None)
            {
                _status = FrameScanStatus.ProtocolError;
                return taken;
            }

            int length7 = _header[1] & 0x7F;
            _headerLength = (byte)(2 + (length7 == 127 ? 8 : length7 == 126 ? 2 : 0) + (_masked ? 4 : 0));
            if (_holdsPongs && length7 == MarkLength && (_header[0] & 0x0F) == (int)FrameOpcode.Pong)
            {
                _headerLength += MarkLength;
            }
        }

        taken += Hold(bytes[taken..], _headerLength);
        if (_held == _headerLength)
        {
            ended = BeginFrame();
        }

        return taken;
    }

    private int Hold(ReadOnlySpan<byte> bytes, int upTo)
    {
        int count = Math.Min(upTo - _held, bytes.Length);
        bytes[..count].CopyTo(((Span<byte>)_header)[_held..]);
        _held += (byte)count;
        return count;
    }

    /// <summary>All rules that the first two bytes can break.</summary>
    private readonly FrameError CheckStart()
    {
        bool fin = (_header[0] & 0x80) != 0;
        int opcode = _header[0] & 0x0F;
        bool masked = (_header[1] & 0x80) != 0;
        int length7 = _header[1] & 0x7F;
        if (opcode is (> 2 and < 8) or > 10)
        {
            return FrameError.ReservedOpcode;
        }

        if (masked != _masked)
        {
            return _masked ? FrameError.MaskMissing : FrameError.MaskForbidden;
        }

        if (opcode >= 8)
        {
            return !fin ? FrameError.FragmentedControl : length7 > MaxControlPayload ? FrameError.LongControl : FrameError.None;
        }

        if (opcode == 0)
        {
            return _inMessage ? FrameError.None : FrameError.ContinuationWithoutStart;
        }

        return _inMessage ? FrameError.StartInsideMessage : FrameError.None;
    }

    /// <summary>The header is whole: takes over its values. True if the frame, having no payload, ends here.</summary>
    private bool BeginFrame()
    {
        ReadOnlySpan<byte> header = _header;
        ulong length = (ulong)(header[1] & 0x7F);
        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]),
            _ => length,
        };
        if (length > long.MaxValue)
        {
            Error = FrameError.HugeLength;
            _status = FrameScanStatus.ProtocolError;
            return false;
        }

        _opcode = (FrameOpcode)(header[0] & 0x0F);
        _fin = (header[0] & 0x80) != 0;
        _held = 0;
        _remaining = IsHeldPong ? 0 : length;
        if (_opcode == FrameOpcode.Close)
        {
            _closePayload = length == 0 ? [] : new byte[length];
        }

        // Frame by frame, somebody judges the frame before it ends.
        return !_begun && _remaining == 0 && EndFrame();
    }

    private int TakePayload(ReadOnlySpan<byte> bytes, out bool ended)
    {
        int count = (int)Math.Min(_remaining, (ulong)bytes.Length);
        if (_opcode == FrameOpcode.Close)
        {
            CaptureClose(bytes[..count]);
        }

        _remaining -= (ulong)count;
        ended = _remaining == 0 && EndFrame();
        return count;
    }

    /// <summary>Keeps the payload of a Close frame, unmasked (§5.3). The header bytes still hold its mask key.</summary>
    private readonly void CaptureClose(ReadOnlySpan<byte> bytes)
    {
        int offset = _closePayload!.Length - (int)_remaining;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte key = _masked ? _header[_headerLength - 4 + ((offset + i) & 3)] : (byte)0;
            _closePayload[offset + i] = (byte)(bytes[i] ^ key);
        }
    }

    private bool EndFrame()
    {
        bool data = _opcode <= FrameOpcode.Binary;
        if (data)
        {
            _inMessage = !_fin;
        }
        else if (_opcode == FrameOpcode.Close)
        {
            _status = FrameScanStatus.Close;
        }

        _counters.CountFrame(_opcode, endsMessage: data && _fin);
        return true;
    }

    [InlineArray(MaxHeaderLength)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
