using WsIngress.Proxy.Http;
using WsIngress.Routing;

namespace WsIngress.Proxy.Handshake;

/// <summary>A handshake as routes with conditions see it: always a GET, also over HTTP/2.</summary>
internal readonly struct HandshakeView(HandshakeRequest request, RequestTarget target) : IRequestView
{
    public ReadOnlySpan<char> Method => "GET";

    public bool TryGetHeader(string name, out ReadOnlySpan<char> value)
    {
        var found = request.Headers.Get(name);
        value = found;
        return found is not null;
    }

    public bool TryGetQuery(string name, out ReadOnlySpan<char> value) => QueryText.TryGet(target.Query, name, out value);
}
