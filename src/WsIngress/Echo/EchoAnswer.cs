using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace WsIngress.Echo;

/// <summary>Who answers and what it saw of the request: JSON when <c>Accept</c> names it, lines of text otherwise.</summary>
internal static class EchoAnswer
{
    public static Task WriteAsync(HttpContext context, string name) =>
        context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase)
            ? WriteJsonAsync(context, name)
            : WriteTextAsync(context, name);

    public static async Task WriteJsonAsync(HttpContext context, string name)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            foreach (var (key, value) in Facts(context, name))
            {
                json.WriteString(key, value);
            }

            json.WriteStartObject("headers");
            foreach (var header in context.Request.Headers)
            {
                json.WriteString(header.Key, header.Value.ToString());
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private static Task WriteTextAsync(HttpContext context, string name)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Facts(context, name))
        {
            text.Append(CultureInfo.InvariantCulture, $"{key}: {value}\n");
        }

        text.Append("headers:\n");
        foreach (var header in context.Request.Headers)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {header.Key}: {header.Value}\n");
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    private static IEnumerable<(string Key, string Value)> Facts(HttpContext context, string name) =>
    [
        ("pod", name),
        ("method", context.Request.Method),
        ("host", context.Request.Host.Value ?? ""),
        ("path", context.Request.Path.Value ?? ""),
        ("query", context.Request.QueryString.Value ?? ""),
        ("protocol", context.Request.Protocol),
        ("scheme", context.Request.Scheme),
        ("remote", $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}"),
    ];
}
