using Microsoft.AspNetCore.Http;
using WsIngress.Routing;

namespace WsIngress.Proxy.Http;

/// <summary>A plain request as routes with conditions see it.</summary>
internal readonly struct HttpView(HttpRequest request, RequestTarget target) : IRequestView
{
    public ReadOnlySpan<char> Method => request.Method;

    public bool TryGetHeader(string name, out ReadOnlySpan<char> value)
    {
        var found = request.Headers[name];
        value = found.Count > 0 ? found[0] : null;
        return found.Count > 0;
    }

    public bool TryGetQuery(string name, out ReadOnlySpan<char> value) => QueryText.TryGet(target.Query, name, out value);
}
