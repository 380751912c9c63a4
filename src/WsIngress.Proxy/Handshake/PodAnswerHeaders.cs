using System.Globalization;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Handshake;

/// <summary>Header lines of a pod's answer for the client: all, but for those of one hop and those the client's HTTP version sets itself.</summary>
internal static class PodAnswerHeaders
{
    public static HeaderList Create(ResponseHead head, BodyFraming framing, bool isExtendedConnect)
    {
        var headers = new HeaderList(head.Headers.Count + 1);
        foreach (var field in head.Headers)
        {
            if (HopByHop.Is(field.Name) || HopByHop.IsNamedByConnection(head.Headers, field.Name))
            {
                continue;
            }

            // RFC 8441 §5: the accept value belongs to the HTTP/1.1 handshake with the pod, not to the client's.
            if (Is(field, "Content-Length") || (isExtendedConnect && Is(field, "Sec-WebSocket-Accept")))
            {
                continue;
            }

            headers.Add(field.Name, field.Value);
        }

        // Once, and only where it is what frames the body: chunks win over a length (RFC 9112 §6.3).
        if (framing.End == BodyEnd.Length)
        {
            headers.Add("Content-Length", framing.Length.ToString(CultureInfo.InvariantCulture));
        }

        return headers;
    }

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
