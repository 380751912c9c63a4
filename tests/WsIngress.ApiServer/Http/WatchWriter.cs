using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>WATCH: one chunked response of JSON lines, until its time is over, a fault ends it or the client goes.</summary>
internal sealed class WatchWriter(ObjectStore store, ListReader lists, Faults faults, FakeApiServerOptions server, TimeProvider time)
{
    public async Task RunAsync(HttpContext http, ResourceKind kind, ListOptions options, CancellationToken stop)
    {
        var shape = ObjectShape.Of(http.Request, time);
        http.Response.ContentType = "application/json";
        var watch = await OpenAsync(http, kind, options, shape, stop);
        if (watch is null)
        {
            return;
        }

        var length = options.Timeout ?? server.LongestWatch;
        await using var over = time.CreateTimer(_ => watch.End(), null, length, Timeout.InfiniteTimeSpan);
        await using var bookmarks = watch.TakesBookmarks && server.BookmarkInterval > TimeSpan.Zero
            ? time.CreateTimer(_ => store.Bookmark([watch]), null, server.BookmarkInterval, server.BookmarkInterval)
            : null;
        try
        {
            await WriteAsync(http, watch, stop);
        }
        finally
        {
            store.Close(watch);
        }
    }

    /// <summary>Null when the watch is expired: its one event has been written.</summary>
    private async Task<WatchSubscription?> OpenAsync(HttpContext http, ResourceKind kind, ListOptions options, ObjectShape shape, CancellationToken stop)
    {
        try
        {
            if (options.InitialEvents == true)
            {
                await lists.WaitForVersionAsync(options.Version, stop);
            }

            var all = options.InitialEvents ?? options.Version is null or 0;
            var watch = new WatchSubscription(kind, options.Filter, shape, all ? null : options.Version ?? store.Revision)
            {
                TakesBookmarks = options.Bookmarks,
                SendsInitialEnd = options.InitialEvents == true,
            };
            faults.CheckWatch(kind);
            store.Open(watch);
            await http.Response.StartAsync(stop);
            await http.Response.Body.FlushAsync(stop);
            return watch;
        }
        catch (ApiFailure failure)
        {
            await http.Response.Body.WriteAsync(WatchSubscription.ErrorLine(failure), stop);
            return null;
        }
    }

    private async Task WriteAsync(HttpContext http, WatchSubscription watch, CancellationToken stop)
    {
        var body = http.Response.Body;
        while (await watch.Lines.WaitToReadAsync(stop))
        {
            await faults.StallEndAsync(watch.Kind, stop);
            while (watch.Lines.TryRead(out var line))
            {
                await faults.StallEndAsync(watch.Kind, stop);
                if (line.After == WatchEnding.Cut)
                {
                    await body.WriteAsync(line.Line.AsMemory(0, line.Line.Length / 2), stop);
                    await body.FlushAsync(stop);
                    throw new AnswerCut();
                }

                await body.WriteAsync(line.Line, stop);
                if (faults.Duplicates(watch.Kind) && line.After == WatchEnding.None)
                {
                    await body.WriteAsync(line.Line, stop);
                }

                if (line.After == WatchEnding.Clean)
                {
                    return;
                }
            }

            await body.FlushAsync(stop);
        }
    }
}
