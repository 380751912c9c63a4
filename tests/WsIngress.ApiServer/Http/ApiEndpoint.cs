using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>Answers every request: who asks, what for, and with which right; then reads, writes or streams.</summary>
internal sealed class ApiEndpoint(
    ObjectStore store, ObjectWriter writer, ListReader lists, WatchWriter watches, AccessRights access, Faults faults, RequestJournal journal, FakeApiServerOptions server, Func<ServerAuthority> authority, TimeProvider time)
{
    public async Task AnswerAsync(HttpContext http, CancellationToken stop)
    {
        var record = journal.Begin(http);
        try
        {
            await AnswerAsync(http, record, stop);
        }
        catch (ApiFailure failure)
        {
            await ApiResponse.FailAsync(http, failure, stop);
        }
        finally
        {
            record.Status = http.Response.StatusCode;
        }
    }

    private async Task AnswerAsync(HttpContext http, RequestRecord record, CancellationToken stop)
    {
        var caller = access.Authenticate(record.Token, authority().UserOf(http.Connection.ClientCertificate));
        if (ApiPath.Parse(record.Path) is not { } path)
        {
            caller.DemandPath(record.Path);
            await Discovery.AnswerAsync(http, record.Path, stop);
            return;
        }

        record.Verb = VerbOf(http, path);
        record.Kind = path.Plural;
        caller.Demand(record.Verb, path.Group, path.Plural, path.Sub, path.Plural == "namespaces" ? path.Name : path.Namespace, path.Name);
        if (Reviews.Serves(path))
        {
            await ApiResponse.JsonAsync(http, 201, Reviews.Answer(path, caller, await ReadObjectAsync(http, record, stop)), stop);
            return;
        }

        if (path.Kind() is not { } kind || (path.Namespace.Length > 0 && !kind.Namespaced) || (path.Sub is not null && !(path.Sub == "status" && kind.HasStatus)))
        {
            if (ResourceKind.All.All(k => k.Group != path.Group))
            {
                await ApiResponse.TextAsync(http, 404, "404 page not found\n", stop);
                return;
            }

            throw ApiFailure.UnknownPath();
        }

        if (await faults.CheckAsync(kind.Plural, record.Verb, path.Name, stop) is { } fault)
        {
            // Such an answer may never end.
            http.Features.Set(fault);
            http.Response.OnStarting(() =>
            {
                record.Status = http.Response.StatusCode;
                return Task.CompletedTask;
            });
        }

        switch (record.Verb)
        {
            case "list" or "watch":
                await ReadManyAsync(http, record, kind, path, stop);
                break;
            case "get":
                await ReadOneAsync(http, kind, path, stop);
                break;
            default:
                await WriteAsync(http, record, kind, path, stop);
                break;
        }
    }

    /// <exception cref="ApiFailure">405.</exception>
    private static string VerbOf(HttpContext http, ApiPath path) => (http.Request.Method, path.Name.Length > 0) switch
    {
        ("GET", _) when http.Request.Query["watch"].ToString() is "true" or "1" => "watch",
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("POST", false) => "create",
        ("PUT", true) => "update",
        ("PATCH", true) => "patch",
        ("DELETE", true) => "delete",
        _ => throw ApiFailure.MethodNotAllowed(),
    };

    private async Task ReadManyAsync(HttpContext http, RequestRecord record, ResourceKind kind, ApiPath path, CancellationToken stop)
    {
        var options = ListOptions.Parse(kind, path.Namespace, path.Name, http.Request.Query);
        if (options.Watch)
        {
            record.Status = 200;
            await watches.RunAsync(http, kind, options, stop);
            return;
        }

        var page = await lists.ReadAsync(kind, options, stop);
        await ApiResponse.BytesAsync(http, 200, ListReader.Body(kind, page, ObjectShape.Of(http.Request, time)), stop);
    }

    private async Task ReadOneAsync(HttpContext http, ResourceKind kind, ApiPath path, CancellationToken stop)
    {
        await lists.WaitForVersionAsync(ListOptions.ParseVersion(http.Request.Query["resourceVersion"].ToString(), watch: false), stop);
        var stored = store.Find(kind, path.Namespace, path.Name) ?? throw ApiFailure.NotFound(kind, path.Name);
        await ApiResponse.BytesAsync(http, 200, [.. ObjectShape.Of(http.Request, time).Alone(stored), (byte)'\n'], stop);
    }

    private async Task WriteAsync(HttpContext http, RequestRecord record, ResourceKind kind, ApiPath path, CancellationToken stop)
    {
        if (kind.Namespaced && path.Namespace.Length == 0)
        {
            throw ApiFailure.MethodNotAllowed();
        }

        var dryRun = http.Request.Query.ContainsKey("dryRun");
        var status = path.Sub == "status";
        var contentType = (http.Request.ContentType ?? "").Split(';')[0].Trim();
        switch (record.Verb)
        {
            case "create":
                await ApiResponse.JsonAsync(http, 201, writer.Create(kind, path.Namespace, await ReadObjectAsync(http, record, stop), dryRun), stop);
                break;
            case "update":
                var (json, created) = writer.Replace(kind, path.Namespace, path.Name, status, await ReadObjectAsync(http, record, stop), dryRun);
                await ApiResponse.JsonAsync(http, created ? 201 : 200, json, stop);
                break;
            case "patch":
                var patch = await ReadAsync(http, record, stop) ?? throw ApiFailure.BadRequest("error decoding patch: it is null");
                if (contentType.StartsWith("application/apply-patch", StringComparison.Ordinal))
                {
                    var (applied, isNew) = writer.ServerSideApply(kind, path.Namespace, path.Name, status, patch as JsonObject ?? [], dryRun);
                    await ApiResponse.JsonAsync(http, isNew ? 201 : 200, applied, stop);
                    break;
                }

                await ApiResponse.JsonAsync(http, 200, writer.Patch(kind, path.Namespace, path.Name, status, contentType, patch, dryRun), stop);
                break;
            default:
                var options = http.Request.ContentLength is > 0 || http.Request.Headers.TransferEncoding.Count > 0 ? await ReadAsync(http, record, stop) as JsonObject : null;
                var (gone, held) = writer.Delete(kind, path.Namespace, path.Name, options, dryRun);
                await ApiResponse.JsonAsync(http, 200, held ?? ApiResponse.Deleted(gone), stop);
                break;
        }
    }

    private async Task<JsonObject> ReadObjectAsync(HttpContext http, RequestRecord record, CancellationToken stop)
    {
        if (http.Request.ContentType is { Length: > 0 } type && type.Split(';')[0].Trim() != "application/json")
        {
            throw ApiFailure.UnknownBodyFormat();
        }

        return await ReadAsync(http, record, stop) as JsonObject ?? throw ApiFailure.BadRequest("the object provided is unrecognized: couldn't get version/kind; json parse error: the body is not a JSON object");
    }

    /// <exception cref="ApiFailure">400: no JSON; 413: too large.</exception>
    private async Task<JsonNode?> ReadAsync(HttpContext http, RequestRecord record, CancellationToken stop)
    {
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(chunk, stop)) > 0;)
        {
            body.Write(chunk, 0, read);
            if (body.Length > server.LargestBody)
            {
                throw new ApiFailure(413, "RequestEntityTooLarge", $"Request entity too large: limit is {server.LargestBody}", new JsonObject());
            }
        }

        record.Body = System.Text.Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
        try
        {
            return JsonNode.Parse(record.Body);
        }
        catch (JsonException e)
        {
            throw ApiFailure.BadRequest($"the object provided is unrecognized: couldn't get version/kind; json parse error: {e.Message}");
        }
    }
}
