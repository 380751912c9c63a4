namespace WsIngress.Tests.Relay.Support;

/// <summary>The far end of one side of a relay, as a test plays it: sends bytes, reads frames, and answers a Close if told to.</summary>
internal sealed class TestPeer(Lane toRelay, Lane fromRelay, bool isClient)
{
    private readonly List<byte> _received = [];
    private readonly List<ParsedFrame> _frames = [];
    private int _parsed;
    private int _framesRead;

    /// <summary>What the peer sends to the relay.</summary>
    public Lane Out => toRelay;

    /// <summary>What the relay sends to the peer.</summary>
    public Lane In => fromRelay;

    public IReadOnlyList<byte> Received => _received;

    /// <summary>The whole frames received so far.</summary>
    public List<ParsedFrame> Frames
    {
        get
        {
            (List<ParsedFrame> more, int rest) = IndependentParser.Parse(_received, _parsed);
            _frames.AddRange(more);
            _parsed = _received.Count - rest;
            return _frames;
        }
    }

    /// <summary>Bytes received that do not make up a whole frame.</summary>
    public int Rest => Frames.Count >= 0 ? _received.Count - _parsed : 0;

    public bool SawEnd { get; private set; }

    public ValueTask SendAsync(params byte[] bytes)
    {
        return toRelay.WriteAsync(bytes, CancellationToken.None);
    }

    public ValueTask SendTextAsync(string text)
    {
        return SendAsync(FrameBytes.Text(text, masked: isClient));
    }

    public ValueTask SendCloseAsync(ushort code, string reason)
    {
        return SendAsync(FrameBytes.Close(code, reason, masked: isClient));
    }

    /// <summary>The next frame, or null at the end of the stream.</summary>
    public async Task<ParsedFrame?> ReadFrameAsync()
    {
        while (true)
        {
            List<ParsedFrame> frames = Frames;
            if (frames.Count > _framesRead)
            {
                return frames[_framesRead++];
            }

            if (!await ReadSomeAsync())
            {
                return null;
            }
        }
    }

    /// <summary>Reads to the end of the stream; a reset counts as the end.</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadSomeAsync())
        {
        }
    }

    /// <summary>
    /// Behaves as a good peer until the end: answers the first Close with the same code, once what it is still sending is out; a server then
    /// ends its connection.
    /// </summary>
    public async Task FinishAsync(bool closeSent = false, Task? after = null)
    {
        while (await ReadFrameAsync() is { } frame)
        {
            if (!frame.IsClose)
            {
                continue;
            }

            await (after ?? Task.CompletedTask);
            if (!closeSent)
            {
                await TryAsync(() => SendAsync(FrameBytes.Build(8, frame.Payload, masked: isClient)));
            }

            if (!isClient)
            {
                toRelay.Complete();
            }

            await ReadToEndAsync();
        }

        toRelay.Complete();
    }

    private static async Task TryAsync(Func<ValueTask> send)
    {
        try
        {
            await send();
        }
        catch (IOException)
        {
            // The relay is gone already; a good peer does not mind.
        }
    }

    private async Task<bool> ReadSomeAsync()
    {
        byte[] buffer = new byte[32 * 1024];
        int count;
        try
        {
            count = await fromRelay.ReadAsync(buffer, CancellationToken.None);
        }
        catch (IOException)
        {
            count = 0;
        }

        _received.AddRange(buffer.AsSpan(0, count));
        SawEnd |= count == 0;
        return count > 0;
    }
}
