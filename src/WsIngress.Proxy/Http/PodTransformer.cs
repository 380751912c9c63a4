using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace WsIngress.Proxy.Http;

/// <summary>Shapes one forwarded exchange: the target as the client wrote it, the client's Host, the forwarding headers, the affinity cookie.</summary>
internal sealed class PodTransformer(string target, string authority, ForwardedValues forwarded) : HttpTransformer
{
    /// <summary>Set-Cookie to add to the answer, or null.</summary>
    public string? AffinityCookie { get; set; }

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

        // Canonicalisation by Uri would turn an escaped path into another one than the rules were matched against.
        proxyRequest.RequestUri = new Uri(destinationPrefix + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        proxyRequest.Headers.Host = authority;
        proxyRequest.Headers.Remove("Proxy");
        forwarded.Apply((name, value) =>
        {
            proxyRequest.Headers.Remove(name);
            proxyRequest.Headers.TryAddWithoutValidation(name, value);
        });
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copy = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is not null && AffinityCookie is { } cookie)
        {
            httpContext.Response.Headers.Append("Set-Cookie", cookie);
        }

        return copy;
    }
}
