using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Handshake;

/// <summary>Builds the header lines of the upgrade toward the pod: everything the client sent, end to end, but for what belongs to one hop.</summary>
internal static class PodRequestHeaders
{
    public static HeaderList Create(HandshakeRequest request, ForwardedValues forwarded, string key)
    {
        var headers = EndToEnd(request.Headers, request.Authority, forwarded.IsTrusted, room: 12);
        headers.Add("Connection", "Upgrade");
        headers.Add("Upgrade", "websocket");
        headers.Add("Sec-WebSocket-Key", key);
        if (!request.Headers.Contains("Sec-WebSocket-Version"))
        {
            headers.Add("Sec-WebSocket-Version", "13");
        }

        forwarded.Apply(headers.Add);
        return headers;
    }

    /// <summary>The same for a request that is no upgrade and has no body.</summary>
    public static HeaderList CreatePlain(HeaderList client, string authority, ForwardedValues forwarded)
    {
        var headers = EndToEnd(client, authority, forwarded.IsTrusted, room: 8);
        forwarded.Apply(headers.Add);
        return headers;
    }

    private static HeaderList EndToEnd(HeaderList client, string authority, bool isTrusted, int room)
    {
        var headers = new HeaderList(client.Count + room);
        var named = client.Joined("Connection");
        headers.Add("Host", authority);
        foreach (var field in client)
        {
            if (Passes(field, named, isTrusted))
            {
                headers.Add(field.Name, field.Value);
            }
        }

        return headers;
    }

    private static bool Passes(HeaderField field, string? namedByConnection, bool isTrusted) =>
        !HopByHop.Is(field.Name)
        && !Is(field, "Host") && !Is(field, "Content-Length") && !Is(field, "Sec-WebSocket-Key")
        && !ForwardedHeaders.Claims(field.Name)
        && (isTrusted || !ForwardedHeaders.NeedsTrust(field.Name))
        && (field.Name.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase) || !HeaderList.ListHas(namedByConnection, field.Name));

    private static bool Is(HeaderField field, string name) => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
