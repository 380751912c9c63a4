using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Handshake;

/// <summary>The pod's answer breaks the protocol or its bounds; the client gets 502 and the log this message.</summary>
internal sealed class PodProtocolException(string message) : IOException(message);

/// <summary>Sends the upgrade to a pod and reads its answer (RFC 6455 §4.1, §4.2.2) over an open connection.</summary>
internal static class PodHandshake
{
    /// <summary>Largest answer head.</summary>
    public const int MaxHead = 64 * 1024;

    private const int MaxInformational = 8;

    /// <summary>16 bytes in base64.</summary>
    private const int KeyLength = 24;

    private static ReadOnlySpan<byte> AcceptGuid => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <remarks>The buffer goes back to its pool when the pod has switched; else the body keeps it, and an error leaves it to the collector.</remarks>
    public static async Task<(ResponseHead Head, PodBody Body)> ExchangeAsync(PodConnection pod, string target, HeaderList headers, CancellationToken cancellation)
    {
        await SendAsync(pod.Stream, target, headers, cancellation);
        if (pod.Stream is LoopStream loop)
        {
            // No buffer is held while the pod thinks: hundreds of handshakes at once would empty the pool.
            await loop.Socket.UntilReadableAsync(cancellation);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(4096);
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
                        ArrayPool<byte>.Shared.Return(buffer);
                        return (head, new PodBody(pod.Stream, [], 0, 0, framing));
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

                var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
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
        return key is { Length: KeyLength } && Convert.TryFromBase64String(key, bytes, out var written) && written == 16;
    }

    /// <summary>The accept value that belongs to a key (RFC 6455 §4.2.2, step 5.4); the key is one by <see cref="IsKey"/>.</summary>
    public static string Accept(string key)
    {
#pragma warning disable CA5350 // RFC 6455 fixes SHA-1; it guards against confusion, not against attackers.
        Span<byte> bytes = stackalloc byte[KeyLength + AcceptGuid.Length];
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        Encoding.ASCII.GetBytes(key, bytes);
        AcceptGuid.CopyTo(bytes[KeyLength..]);
        SHA1.HashData(bytes, hash);
        return Convert.ToBase64String(hash);
#pragma warning restore CA5350
    }

    private static async Task SendAsync(Stream pod, string target, HeaderList headers, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HeadBytes.SizeOfRequest("GET", target, headers));
        try
        {
            await pod.WriteAsync(buffer.AsMemory(0, Write(buffer, target, headers)), cancellation);
            await pod.FlushAsync(cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Write(Span<byte> destination, string target, HeaderList headers)
    {
        var head = new HeadBytes(destination);
        head.AddRequest("GET", target, headers);
        return head.Length;
    }
}
