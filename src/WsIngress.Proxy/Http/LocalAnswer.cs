using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace WsIngress.Proxy.Http;

/// <summary>Answers that come from the proxy itself: a status and one line of text that names the cause. The same for HTTP and WebSocket.</summary>
internal static class LocalAnswer
{
    public static string TextOf(int status, string text) => $"{status} {ReasonPhrases.GetReasonPhrase(status)}: {text}\n";

    /// <param name="http">Nothing of its answer may have been sent.</param>
    /// <param name="status">Of the answer.</param>
    /// <param name="text">The cause.</param>
    /// <param name="retryAfter">Seconds after which the client may try again; null leaves the header as it is.</param>
    public static async Task WriteAsync(HttpContext http, int status, string text, int? retryAfter = null)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
        if (retryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await WriteTextAsync(http, status, text);
    }

    /// <summary>Gives a failure that the forwarder has set a text; touches nothing that is under way.</summary>
    public static async Task CompleteAsync(HttpContext http, string text)
    {
        if (!http.Response.HasStarted && http.Response.StatusCode is >= 500 or 408 or 413 && !http.RequestAborted.IsCancellationRequested)
        {
            await WriteTextAsync(http, http.Response.StatusCode, text);
        }
    }

    private static async Task WriteTextAsync(HttpContext http, int status, string text)
    {
        var body = Encoding.UTF8.GetBytes(TextOf(status, text));
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(body);
        }
    }
}
