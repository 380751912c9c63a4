using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>
/// Keeps up with one kind by LIST and WATCH. Decisions go by the status code:
/// <list type="bullet">
/// <item>A watch that ended as agreed goes on from the last version that an event or a bookmark showed.</item>
/// <item>410, in the stream or by HTTP: the version is forgotten; list anew.</item>
/// <item>504: the server does not have our version yet; list anew.</item>
/// <item>No answer, a broken stream, silence: whoever answers next may be another server, or one that came back from a backup at a lower version;
/// only a list tells. It is one Replace and closes no socket.</item>
/// <item>Every other refusal: the same request again after a wait, with Retry-After honoured.</item>
/// </list>
/// </summary>
internal sealed class Reflector(
    ReflectorTarget target, ApiServer server, ReflectorOptions options, ReflectorState state, TimeProvider time, Random random, ILogger logger)
{
    private readonly ListRequest _list = new(target, server, options, time);
    private readonly ObjectDecoding _decoding = new(target.Info);
    private readonly Backoff _backoff = new(options.FirstWait, options.LongestWait, time, random);
    private readonly ReflectorContact _contact = new(time.GetUtcNow());
    private string? _version;
    private string? _anewBecause;
    private string? _complaint;
    private long _complainedAt;

    /// <summary>Runs until cancelled; trouble is waited out inside.</summary>
    public async Task RunAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        state.Contacts.Add(_contact);
        while (true)
        {
            try
            {
                if (_version is null)
                {
                    await ListAsync(sink, cancellation).ConfigureAwait(false);
                }
                else
                {
                    await WatchAsync(sink, cancellation).ConfigureAwait(false);
                }
            }
            catch (ApiException failed) when (!cancellation.IsCancellationRequested)
            {
                await FailedAsync(failed, sink, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task ListAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        if (_anewBecause is { } reason)
        {
            state.Relist(reason);
            logger.ListAnew(target.ToString(), reason);
        }

        var began = time.GetTimestamp();
        var (objects, version) = await _list.AllAsync(() => _contact.Heard(time.GetUtcNow()), cancellation).ConfigureAwait(false);
        await sink.ListedAsync(target, objects, cancellation).ConfigureAwait(false);
        _version = version;
        logger.Listed(objects.Count, target.ToString(), version, time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task WatchAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        var wished = options.WatchTime * (1 + random.NextDouble());
        var began = time.GetTimestamp();
        using var silence = new CancellationTokenSource(options.Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            using var response = await server.SendAsync(HttpMethod.Get, target.WatchPath(_version!, wished), null, cancellation).ConfigureAwait(false);
            _contact.IsWatching = true;
            await RecoveredAsync(sink, cancellation).ConfigureAwait(false);
            using var lines = new WatchLines(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), options.LargestLine);
            silence.CancelAfter(options.Silence);
            while (await lines.ReadAsync(either.Token).ConfigureAwait(false) is { } line)
            {
                silence.CancelAfter(options.Silence);
                _contact.Heard(time.GetUtcNow());
                await TakeAsync(line, sink, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            var why = silence.IsCancellationRequested ? $"the watch was silent for {options.Silence.TotalSeconds:0} s" : broken.GetBaseException().Message;
            throw new ApiException(0, "", why, inner: broken);
        }
        finally
        {
            _contact.IsWatching = false;
            if (time.GetElapsedTime(began) >= options.Health)
            {
                _backoff.Reset();
            }
        }

        // Ended as agreed. One that always ends at once must not become a storm.
        _contact.Heard(time.GetUtcNow());
        if (time.GetElapsedTime(began) < options.FirstWait)
        {
            await _backoff.WaitAsync(null, cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask TakeAsync(ReadOnlyMemory<byte> line, IReflectorSink sink, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var type = ObjectDecoding.Text(root, "type");
        if (!root.TryGetProperty("object", out var json) || json.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"a watch event of type {(type.Length == 0 ? "none" : type)} has no object");
        }

        switch (type)
        {
            case "ERROR":
                throw Refusal(json);
            case "BOOKMARK":
                Advance(ObjectDecoding.VersionOf(json));
                break;
            case "ADDED" or "MODIFIED" or "DELETED":
                state.Event();
                var changed = _decoding.Decode(json);
                await sink.ChangedAsync(target, type == "DELETED" ? WatchChange.Delete : WatchChange.Upsert, changed, cancellation).ConfigureAwait(false);
                Advance(changed.Version);
                break;
            default:
                throw new JsonException($"a watch event has the unknown type {(type.Length > 32 ? type[..32] : type)}");
        }
    }

    private void Advance(string version)
    {
        if (version.Length > 0)
        {
            _version = version;
        }
    }

    private static ApiException Refusal(JsonElement status)
    {
        var code = status.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) ? value : 500;
        var wait = status.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Object
            && details.TryGetProperty("retryAfterSeconds", out var seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out var asked)
            ? TimeSpan.FromSeconds(asked)
            : (TimeSpan?)null;
        return new(code, ObjectDecoding.Text(status, "reason"), ObjectDecoding.Text(status, "message"), wait);
    }

    private async Task FailedAsync(ApiException failed, IReflectorSink sink, CancellationToken cancellation)
    {
        state.Failed(failed.Code);
        var wasListing = _version is null;
        _anewBecause = failed.Code switch
        {
            410 => "expired",
            504 => "too-new",
            0 => "broken",
            _ => null,
        };
        if (_anewBecause is not null)
        {
            _version = null;
        }

        var sentence = failed.Code switch
        {
            401 => $"the API server does not accept the credentials: {failed.Message}",
            403 => $"the right is missing to {target.Right(wasListing ? "list" : "watch")}: {failed.Message}",
            0 => failed.Message,
            _ => $"the API server answers {failed.Code} {failed.Reason}: {failed.Message}",
        };
        if (failed.Code is not (410 or 504))
        {
            await ComplainAsync(sentence, sink, cancellation).ConfigureAwait(false);
        }

        await _backoff.WaitAsync(failed.RetryAfter, cancellation).ConfigureAwait(false);
    }

    private ValueTask ComplainAsync(string sentence, IReflectorSink sink, CancellationToken cancellation)
    {
        if (_complaint == sentence && time.GetElapsedTime(_complainedAt) < options.Repeat)
        {
            return ValueTask.CompletedTask;
        }

        (_complaint, _complainedAt) = (sentence, time.GetTimestamp());
        logger.CannotFollow(target.ToString(), sentence);
        return sink.TroubledAsync(target, sentence, cancellation);
    }

    private ValueTask RecoveredAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        if (_complaint is null)
        {
            return ValueTask.CompletedTask;
        }

        _complaint = null;
        logger.FollowingAgain(target.ToString());
        return sink.TroubledAsync(target, null, cancellation);
    }
}
