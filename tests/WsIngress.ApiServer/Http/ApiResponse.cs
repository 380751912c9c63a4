using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>Writes answers: compact JSON with a line feed, Status bodies, plain text.</summary>
internal static class ApiResponse
{
    public static Task JsonAsync(HttpContext http, int status, JsonNode json, CancellationToken stop) =>
        BytesAsync(http, status, [.. StoredObject.Serialize(json), (byte)'\n'], stop);

    public static async Task BytesAsync(HttpContext http, int status, byte[] body, CancellationToken stop)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-cache, private";
        http.Response.ContentLength = body.Length;
        if (http.Features.Get<AnswerFault>() is { } fault)
        {
            await fault.WriteAsync(http, body, stop);
            return;
        }

        await http.Response.Body.WriteAsync(body, stop);
    }

    public static async Task TextAsync(HttpContext http, int status, string text, CancellationToken stop)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), stop);
    }

    /// <summary>A Status with the failure's code; a HEAD request gets no body.</summary>
    public static async Task FailAsync(HttpContext http, ApiFailure failure, CancellationToken stop)
    {
        if (failure.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString();
        }

        if (HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.StatusCode = failure.Code;
            return;
        }

        if (failure.PlainText)
        {
            await TextAsync(http, failure.Code, failure.Message + "\n", stop);
            return;
        }

        await JsonAsync(http, failure.Code, failure.ToStatus(), stop);
    }

    /// <summary>The answer to DELETE of an object that is gone.</summary>
    public static JsonObject Deleted(StoredObject gone)
    {
        var details = ApiFailure.DetailsOf(gone.Kind, gone.Name);
        details["uid"] = (string)gone.Metadata["uid"]!;
        return new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details };
    }
}
