using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Bench.Pods;

/// <summary>One request head, as far as the pod cares.</summary>
internal readonly record struct PodRequest(string Path, string? Key)
{
    /// <summary>The head's length with the empty line; 0 while it is not complete.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        return end < 0 ? 0 : end + 4;
    }

    public static PodRequest Parse(ReadOnlySpan<byte> head)
    {
        var line = head[..head.IndexOf("\r\n"u8)];
        var from = line.IndexOf((byte)' ') + 1;
        var path = line[from..];
        path = path[..Math.Max(0, path.IndexOf((byte)' '))];
        string? key = null;
        foreach (var range in head.Split("\r\n"u8))
        {
            var field = head[range];
            if (field.Length > 18 && Ascii.EqualsIgnoreCase(field[..18], "sec-websocket-key:"u8))
            {
                key = Encoding.ASCII.GetString(field[18..]).Trim();
            }
        }

        return new(path.SequenceEqual("/echo"u8) ? "/echo" : Encoding.ASCII.GetString(path), key);
    }

    /// <summary>The answer that opens the WebSocket.</summary>
    public int WriteUpgrade(Span<byte> to)
    {
        Span<byte> text = stackalloc byte[160];
        var length = Encoding.ASCII.GetBytes(Key.AsSpan(0, Math.Min(Key!.Length, 64)), text);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(text[length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1.
        SHA1.HashData(text[..(length + 36)], hash);
#pragma warning restore CA5350
        var head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "u8;
        head.CopyTo(to);
        Base64.EncodeToUtf8(hash, to[head.Length..], out _, out var written);
        "\r\n\r\n"u8.CopyTo(to[(head.Length + written)..]);
        return head.Length + written + 4;
    }

    /// <summary>The answer to any other request: three bytes, or the count of open WebSockets.</summary>
    public byte[] PlainAnswer(int upgraded)
    {
        var body = Path == "/status" ? $"{upgraded}" : "ok\n";
        return Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }
}
