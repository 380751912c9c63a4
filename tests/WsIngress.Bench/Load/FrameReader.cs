using System.Text;

namespace WsIngress.Bench.Load;

/// <summary>Takes a stream of frames in any cutting: counts what is in binary messages, keeps the last short text message.</summary>
internal sealed class FrameReader
{
    private readonly byte[] _head = new byte[14];
    private readonly byte[] _text = new byte[125];
    private int _headLength;
    private WireHeader _frame;
    private uint _mask;
    private long _left;

    public long Messages { get; private set; }

    public long Payload { get; private set; }

    /// <summary>The text message that ended last; null when none has.</summary>
    public string? Text { get; private set; }

    /// <summary>The text and forgets it.</summary>
    public string? TakeText()
    {
        var text = Text;
        Text = null;
        return text;
    }

    /// <summary>False when there is something else than unfragmented binary and short text messages.</summary>
    public bool Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_left == 0 && !TakeHeader(ref bytes))
            {
                return _headLength < _head.Length;
            }

            var part = (int)Math.Min(_left, bytes.Length);
            if (_frame.First == WireHeader.Text)
            {
                bytes[..part].CopyTo(_text.AsSpan((int)(_frame.Payload - _left)));
            }

            _left -= part;
            bytes = bytes[part..];
            if (_left == 0)
            {
                End();
            }
        }

        return true;
    }

    /// <summary>False when the bytes end before the header does, or when the frame is not one of ours.</summary>
    private bool TakeHeader(ref ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && _headLength < _head.Length)
        {
            _head[_headLength++] = bytes[0];
            bytes = bytes[1..];
            if (WireHeader.TryRead(_head.AsSpan(0, _headLength), out _frame))
            {
                (_left, _headLength) = (_frame.Payload, 0);
                if (_left > 0 && (_frame.First == WireHeader.Binary || (_frame.First == WireHeader.Text && _left <= _text.Length)))
                {
                    _mask = _frame.Masked ? BitConverter.ToUInt32(_head, _frame.Bare) : 0;
                    return true;
                }

                _headLength = _head.Length;
            }
        }

        return false;
    }

    private void End()
    {
        if (_frame.First == WireHeader.Binary)
        {
            Messages++;
            Payload += _frame.Payload;
            return;
        }

        Span<byte> text = _text.AsSpan(0, (int)_frame.Payload);
        Unmask.Apply(text, _mask);
        Text = Encoding.ASCII.GetString(text);
    }
}
