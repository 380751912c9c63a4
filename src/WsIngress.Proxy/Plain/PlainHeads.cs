using System.Buffers;
using System.Globalization;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Plain;

/// <summary>The heads of a plain exchange as bytes: what the pod is asked, and what its answer is to the client.</summary>
internal static class PlainHeads
{
    /// <summary>Room for every line that is written here and does not come from a list.</summary>
    private const int FixedLines = 256;

    public static void WriteRequest(RentedBuffer output, PlainRequest request)
    {
        var exchange = request.Exchange;
        var target = PathRewrite.Apply(exchange.Route!, exchange.Target.PathAndQuery, exchange.Target.NormalPath);
        var headers = PodRequestHeaders.CreatePlain(request.Headers, exchange.Authority, exchange.Forwarded);
        var head = new HeadBytes(output.GetSpan(HeadBytes.SizeOfRequest(request.Method, target, headers)));
        head.AddRequest(request.Method, target, headers);
        output.Advance(head.Length);
    }

    /// <param name="output">Takes the head.</param>
    /// <param name="answer">The pod's; its reader has let no line through that would not stay one.</param>
    /// <param name="framing">Of the body that goes to the client: by length, or else in chunks.</param>
    /// <param name="length">What <c>Content-Length</c> says; -1: nothing.</param>
    /// <param name="cookie">A <c>Set-Cookie</c> to add, or null.</param>
    /// <param name="isLast">The connection ends behind it.</param>
    /// <param name="date">For an answer without one.</param>
    public static void WriteAnswer(IBufferWriter<byte> output, ResponseHead answer, BodyFraming framing, long length, string? cookie, bool isLast, DateLine date)
    {
        var head = new HeadBytes(output.GetSpan(HeadBytes.SizeOf(answer.Headers) + (cookie?.Length ?? 0) + (answer.Reason?.Length ?? 0) + FixedLines));
        AnswerBytes.StatusLine(ref head, answer.Status, answer.Reason);
        var named = answer.Headers.Joined("Connection");
        var isDated = false;
        foreach (var field in answer.Headers)
        {
            // Where else a pod can be reached is not where else this ingress can be.
            if (HopByHop.Is(field.Name) || Is(field, "Content-Length") || Is(field, "Alt-Svc") || HeaderList.ListHas(named, field.Name))
            {
                continue;
            }

            isDated |= Is(field, "Date");
            head.AddField(field.Name, field.Value);
        }

        if (length >= 0)
        {
            head.AddField("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        }
        else if (AnswerBytes.IsInChunks(framing))
        {
            head.Add("Transfer-Encoding: chunked\r\n"u8);
        }

        if (cookie is not null)
        {
            head.AddField("Set-Cookie", cookie);
        }

        if (isLast)
        {
            head.Add("Connection: close\r\n"u8);
        }

        if (!isDated)
        {
            head.Add(date.Now());
        }

        head.Add("\r\n"u8);
        output.Advance(head.Length);
    }

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
