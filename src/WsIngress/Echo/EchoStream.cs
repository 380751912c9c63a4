using Microsoft.AspNetCore.Http;

namespace WsIngress.Echo;

/// <summary>Server-sent events: <c>count</c> of them (1 to 3,600, default 60), one each <c>interval</c> milliseconds (1 to 60,000, default 1,000).</summary>
internal static class EchoStream
{
    public static async Task WriteAsync(HttpContext context, string name, TimeProvider time)
    {
        var count = EchoHandler.Query(context, "count", 1, 3600, 60);
        var interval = TimeSpan.FromMilliseconds(EchoHandler.Query(context, "interval", 1, 60_000, 1000));
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        for (var i = 1; i <= count; i++)
        {
            await context.Response.WriteAsync($"id: {i}\ndata: event {i} of {count} from {name}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (i < count)
            {
                await Task.Delay(interval, time, context.RequestAborted);
            }
        }
    }
}
