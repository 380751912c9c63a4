using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace WsIngress.Tests.Proxy;

/// <summary>The least of an HTTP/2 client (RFC 9113): sends what well-bred clients refuse to send, and reads the status.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private int _next = 1;

    private RawHttp2(NetworkStream stream) => _stream = stream;

    public static async Task<RawHttp2> ConnectAsync(TestProxy proxy, bool endsStreams = false)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(proxy.Plane.EndPoints["h2c"]);
        var client = new RawHttp2(new NetworkStream(socket, ownsSocket: true)) { EndsStreams = endsStreams };
        await client._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await client.SendAsync(4, 0, 0, []);
        return client;
    }

    /// <summary>The requests have no body; else their streams stay open.</summary>
    public bool EndsStreams { get; init; }

    /// <summary>Sends a head without a body, the stream left open unless said otherwise, and gives back <c>:status</c>; <c>reset N</c> or <c>goaway N</c> when that comes instead.</summary>
    public async Task<string> AskAsync(params (string Name, string Value)[] fields)
    {
        var id = _next;
        _next += 2;
        var block = fields.SelectMany(Literal).ToArray();
        for (var at = 0; at < block.Length; at += 16_000)
        {
            var end = at + 16_000 >= block.Length;
            await SendAsync(at == 0 ? 1 : 9, (end ? 4 : 0) | (at == 0 && EndsStreams ? 1 : 0), id, block[at..Math.Min(block.Length, at + 16_000)]);
        }

        while (true)
        {
            var (type, flags, stream, payload) = await ReadAsync().WaitAsync(TimeSpan.FromSeconds(10));
            switch (type)
            {
                case 1 when stream == id:
                    return Status(payload);
                case 3 when stream == id:
                    return $"reset {payload[3]}";
                case 7:
                    return $"goaway {payload[7]}";
                case 4 when (flags & 1) == 0:
                    await SendAsync(4, 1, 0, []);
                    break;
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>A field as a literal that no table keeps (RFC 7541 §6.2.2), without Huffman code.</summary>
    private static IEnumerable<byte> Literal((string Name, string Value) field) => [0, .. Text(field.Name), .. Text(field.Value)];

    private static byte[] Text(string text)
    {
        var length = new List<byte>();
        if (text.Length < 127)
        {
            length.Add((byte)text.Length);
        }
        else
        {
            length.Add(127);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                length.Add((byte)(0x80 | (rest & 0x7f)));
            }

            length.Add((byte)rest);
        }

        return [.. length, .. Encoding.Latin1.GetBytes(text)];
    }

    /// <summary>The first field of an answer is <c>:status</c>: an index of the static table, or a literal value under such a name.</summary>
    private static string Status(byte[] block)
    {
        string[] indexed = ["200", "204", "206", "304", "400", "404", "500"];
        var first = block.SkipWhile(b => (b & 0xe0) == 0x20).ToArray();
        return (first[0] & 0x80) != 0 ? indexed[(first[0] & 0x7f) - 8] : Encoding.Latin1.GetString(first, 2, 3);
    }

    private async Task SendAsync(int type, int flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    private async Task<(int Type, int Flags, int Stream, byte[] Payload)> ReadAsync()
    {
        var head = new byte[9];
        await _stream.ReadExactlyAsync(head);
        var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
        await _stream.ReadExactlyAsync(payload);
        return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
    }
}
