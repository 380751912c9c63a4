using System.Text;

namespace WsIngress.Proxy.Http;

/// <summary>The <c>Date</c> line of answers (RFC 9110 §6.6.1), written once a second. Any thread may ask.</summary>
internal sealed class DateLine(TimeProvider time)
{
    private Second? _last;

    /// <summary>The whole line with its end.</summary>
    public ReadOnlySpan<byte> Now()
    {
        var now = time.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        var last = Volatile.Read(ref _last);
        if (last is null || last.At != second)
        {
            last = new Second(second, Encoding.ASCII.GetBytes($"Date: {now:R}\r\n"));
            Volatile.Write(ref _last, last);
        }

        return last.Line;
    }

    private sealed record Second(long At, byte[] Line);
}
