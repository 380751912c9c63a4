using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace WsIngress.Tests.ApiServer;

/// <summary>Raw HTTP against an API server: what is on the wire and nothing more.</summary>
internal sealed class WireClient(HttpClient http, string? token) : IDisposable
{
    public WireClient(Uri address, string? token = "admin")
        : this(new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) }, token)
    {
    }

    public async Task<WireAnswer> SendAsync(string method, string path, object? body = null, string contentType = "application/json", string accept = "application/json")
    {
        using var response = await http.SendAsync(Request(method, path, body, contentType, accept));
        var text = await response.Content.ReadAsStringAsync();
        return new WireAnswer(response.StatusCode, text, response.Headers, response.Content.Headers.ContentType?.MediaType ?? "");
    }

    public Task<WireAnswer> GetAsync(string path) => SendAsync("GET", path);

    /// <summary>Opens a watch; null status 200 is asserted by <see cref="WatchStream"/>'s callers.</summary>
    public async Task<WatchStream> WatchAsync(string path)
    {
        var response = await http.SendAsync(Request("GET", path, null, "", "application/json"), HttpCompletionOption.ResponseHeadersRead);
        return new WatchStream(response, await response.Content.ReadAsStreamAsync());
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(string method, string path, object? body, string contentType, string accept)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path.TrimStart('/')) { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (body is not null)
        {
            var text = body as string ?? ((JsonNode)body).ToJsonString();
            request.Content = new StringContent(text, Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        return request;
    }
}

/// <summary>One answer; <see cref="Json"/> parses it.</summary>
internal sealed record WireAnswer(HttpStatusCode Code, string Text, HttpResponseHeaders Headers, string ContentType)
{
    public int Status => (int)Code;

    public JsonNode Json => JsonNode.Parse(Text)!;

    public string Reason => (string?)Json["reason"] ?? "";

    public string Message => (string?)Json["message"] ?? "";

    public string Version => (string)Json["metadata"]!["resourceVersion"]!;

    public string[] Names => [.. Json["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)];
}
