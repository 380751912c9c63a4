using System.Security.Cryptography;
using System.Text;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Handshake;

/// <summary>The pod's answer breaks the protocol or its bounds; the client gets 502 and the log this message.</summary>
internal sealed class PodProtocolException(string message) : IOException(message);

/// <summary>Sends the upgrade to a pod and reads its answer (RFC 6455 §4.1, §4.2.2) over an open connection.</summary>
internal static class PodHandshake
{
    /// <summary>Largest answer head.</summary>
    public const int MaxHead = 64 * 1024;

    private const int MaxInformational = 8;

    public static async Task<(ResponseHead Head, PodBody Body)> ExchangeAsync(PodConnection pod, string target, HeaderList headers, CancellationToken cancellation)
    {
        await pod.Stream.WriteAsync(Encoding.Latin1.GetBytes(WriteHead(target, headers)), cancellation);
        await pod.Stream.FlushAsync(cancellation);
        var buffer = new byte[4096];
        var length = 0;
        var informational = 0;
        while (true)
        {
            var error = ResponseHeadReader.TryRead(buffer.AsSpan(0, length), out var head, out var consumed);
            switch (error)
            {
                case HeadError.None when head!.IsInformational:
                    if (++informational > MaxInformational)
                    {
                        throw new PodProtocolException("too many interim answers");
                    }

                    length -= consumed;
                    buffer.AsSpan(consumed, length).CopyTo(buffer);
                    continue;

                case HeadError.None:
                    if (!BodyFraming.TryRead(head!, out var framing))
                    {
                        throw new PodProtocolException("answer's Content-Length or Transfer-Encoding is malformed or ambiguous");
                    }

                    if (head!.Status == 101)
                    {
                        pod.KeepEarly(buffer.AsSpan(consumed, length - consumed));
                    }

                    return (head, new PodBody(pod.Stream, buffer, consumed, length - consumed, framing));

                case HeadError.Incomplete:
                    break;

                default:
                    throw new PodProtocolException($"answer is no HTTP/1.1 ({error})");
            }

            if (length == buffer.Length)
            {
                if (length >= MaxHead)
                {
                    throw new PodProtocolException($"answer head is larger than {MaxHead} bytes");
                }

                Array.Resize(ref buffer, Math.Min(MaxHead, buffer.Length * 2));
            }

            var read = await pod.Stream.ReadAsync(buffer.AsMemory(length), cancellation);
            if (read == 0)
            {
                throw new PodProtocolException(length == 0 ? "closed the connection without an answer" : "closed the connection inside its answer head");
            }

            length += read;
        }
    }

    /// <summary>A new random key (RFC 6455 §4.1) for a client that sent none, as HTTP/2 clients do.</summary>
    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    /// <summary>True when the text is base64 of 16 bytes.</summary>
    public static bool IsKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, bytes, out var written) && written == 16;
    }

    /// <summary>The accept value that belongs to a key (RFC 6455 §4.2.2, step 5.4).</summary>
    public static string Accept(string key)
    {
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1; it guards against confusion, not against attackers.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private static string WriteHead(string target, HeaderList headers)
    {
        var text = new StringBuilder(512);
        text.Append("GET ").Append(target).Append(" HTTP/1.1\r\n");
        foreach (var field in headers)
        {
            text.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
        }

        return text.Append("\r\n").ToString();
    }
}
