using System.Net;
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
        proxyRequest.Headers.Remove("Proxy");
        foreach (var (name, _) in httpContext.Request.Headers)
        {
            if ((name.Contains('_', StringComparison.Ordinal) && ForwardedHeaders.Claims(name)) || (!forwarded.IsTrusted && ForwardedHeaders.NeedsTrust(name)))
            {
                proxyRequest.Headers.Remove(name);
            }
        }

        foreach (var name in NamedBy(httpContext.Request.Headers.Connection))
        {
            proxyRequest.Headers.Remove(name);
        }

        proxyRequest.Headers.Host = authority;
        forwarded.Apply((name, value) =>
        {
            proxyRequest.Headers.Remove(name);
            proxyRequest.Headers.TryAddWithoutValidation(name, value);
        });
    }

    /// <summary>Header names that a Connection header declares to be of this hop only (RFC 9110 §7.6.1).</summary>
    private static IEnumerable<string> NamedBy(string? connection) => string.IsNullOrEmpty(connection)
        ? []
        : connection.Split(',', StringSplitOptions.TrimEntries).Where(n => n.Length > 0 && n.All(HttpSyntax.IsTokenCharacter));

    /// <summary>
    /// True when the client must see the head before the first byte of the body: the forwarder keeps it back until then, and an
    /// event stream or a gRPC call may be silent for long. A gRPC answer that has its status in the head has no body.
    /// </summary>
    private static bool IsStream(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) && !answer.Headers.NonValidated.Contains("grpc-status")));

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is { StatusCode: HttpStatusCode.SwitchingProtocols })
        {
            // Nobody asked it to: the client must not take what follows for another protocol.
            throw new HttpRequestException("the pod switched protocols without being asked to");
        }

        var copy = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        foreach (var name in NamedBy(proxyResponse?.Headers.NonValidated.TryGetValues("Connection", out var lines) == true ? lines.ToString() : null))
        {
            httpContext.Response.Headers.Remove(name);
        }

        if (httpContext.Response.StatusCode is 204 or 205)
        {
            // No body, so no length of one; Kestrel takes the promise for a defect (RFC 9110 §8.6).
            httpContext.Response.ContentLength = httpContext.Response.StatusCode == 205 ? 0 : null;
            copy = false;
        }

        if (proxyResponse is not null && AffinityCookie is { } cookie)
        {
            httpContext.Response.Headers.Append("Set-Cookie", cookie);
        }

        if (copy && proxyResponse is not null && IsStream(proxyResponse))
        {
            await httpContext.Response.Body.FlushAsync(cancellationToken);
        }

        return copy;
    }
}
