using WsIngress.Routing;

namespace WsIngress.Proxy.Http;

/// <summary>A request as routes with conditions see it. A handshake is always a GET, also over HTTP/2.</summary>
internal readonly struct HeadView(string method, HeaderList headers, RequestTarget target) : IRequestView
{
    public ReadOnlySpan<char> Method => method;

    public bool TryGetHeader(string name, out ReadOnlySpan<char> value)
    {
        var found = headers.Get(name);
        value = found;
        return found is not null;
    }

    public bool TryGetQuery(string name, out ReadOnlySpan<char> value) => QueryText.TryGet(target.Query, name, out value);
}
