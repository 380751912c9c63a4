using System.Text.Json;

namespace WsIngress.Cluster;

/// <summary>How a watch that was not refused ended.</summary>
internal enum WatchEnd
{
    /// <summary>A complete answer, at the time that was agreed.</summary>
    OnTime,

    /// <summary>A complete answer, but sooner: the server went away, or another one took over.</summary>
    Early,
}

/// <summary>One WATCH from a version on.</summary>
internal sealed class WatchRequest(ReflectorTarget target, ApiServer server, ReflectorOptions options, TimeProvider time, Func<Sources.ObjectKey, bool>? wanted = null)
{
    /// <summary>How late a watch may end.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly ObjectDecoding _decoding = new(target.Info, wanted);

    /// <summary>
    /// The server sends bookmarks, as an earlier watch or this one has shown. A server that once did does so in every watch: one that is silent
    /// from its beginning on is as dead as one that falls silent.
    /// </summary>
    public bool HasBookmarks { get; private set; }

    /// <summary>Called in order, never two at a time.</summary>
    internal interface IListener
    {
        /// <summary>The server has taken the request.</summary>
        ValueTask OpenedAsync(CancellationToken cancellation);

        /// <summary>What came at once, bookmarks left out, and the version that it leads to; empty when it shows none.</summary>
        ValueTask TakeAsync(IReadOnlyList<WatchedObject> changes, string version, CancellationToken cancellation);
    }

    /// <exception cref="ApiException">Refused, by HTTP or in the stream; code 0 for a cut, silence, or what is no event.</exception>
    public async Task<WatchEnd> RunAsync(string version, TimeSpan duration, IListener listener, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        using var response = await server.SendAsync(HttpMethod.Get, target.WatchPath(version, duration), null, cancellation).ConfigureAwait(false);
        await listener.OpenedAsync(cancellation).ConfigureAwait(false);
        var run = new Run(this, listener);
        try
        {
            using var lines = new WatchLines(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), options.LargestObject);
            do
            {
                await run.TakeAsync(lines, cancellation).ConfigureAwait(false);
                silence.CancelAfter(Patience(duration - time.GetElapsedTime(began)));
            }
            while (await lines.FillAsync(either.Token).ConfigureAwait(false));
            if (lines.IsInsideLine)
            {
                throw new IOException("it was cut in the middle of a line");
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException || (broken is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var why = silence.IsCancellationRequested ? "it fell silent" : broken.GetBaseException().Message;
            throw new ApiException(0, broken is JsonException ? Unreadable : "", $"the watch of {target} broke: {why}", inner: broken);
        }

        return time.GetElapsedTime(began) < duration * 0.9 ? WatchEnd.Early : WatchEnd.OnTime;
    }

    /// <summary>Reason of the failure when a line is no event: to ask for it again may not help.</summary>
    public const string Unreadable = "Unreadable";

    /// <summary>Bookmarks come about once a minute from a server that sends them; one that sends none may say nothing to the end.</summary>
    private TimeSpan Patience(TimeSpan left)
    {
        var toTheEnd = left > TimeSpan.Zero ? left + Margin : Margin;
        return HasBookmarks && options.Silence < toTheEnd ? options.Silence : toTheEnd;
    }

    /// <summary>The lines of one watch, gathered into what is told at once.</summary>
    private sealed class Run(WatchRequest watch, IListener listener)
    {
        /// <summary>Most events that are told at once, so that a burst does not wait for its own end.</summary>
        private const int Most = 500;

        private List<WatchedObject> _changes = [];
        private string _version = "";

        public async ValueTask TakeAsync(WatchLines lines, CancellationToken cancellation)
        {
            try
            {
                while (lines.TryTake(out var line))
                {
                    Take(line.Span);
                    if (_changes.Count >= Most)
                    {
                        await TellAsync(cancellation).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                // What came before a bad line is good.
                await TellAsync(cancellation).ConfigureAwait(false);
            }
        }

        private async ValueTask TellAsync(CancellationToken cancellation)
        {
            if (_changes.Count > 0 || _version.Length > 0)
            {
                var (changes, version) = (_changes, _version);
                (_changes, _version) = ([], "");
                await listener.TakeAsync(changes, version, cancellation).ConfigureAwait(false);
            }
        }

        private void Take(ReadOnlySpan<byte> line)
        {
            Split(line, out var type, out var json);
            switch (type)
            {
                case "ERROR":
                    throw Refusal(json);
                case "BOOKMARK":
                    watch.HasBookmarks = true;
                    Advance(ObjectDecoding.Head(json).Version);
                    break;
                case "ADDED" or "MODIFIED" or "DELETED":
                    var isGone = type == "DELETED";
                    if (watch._decoding.Decode(json) is { } found)
                    {
                        _changes.Add(new(isGone ? WatchChange.Delete : WatchChange.Upsert, found));
                    }

                    Advance(ObjectDecoding.Head(json).Version);
                    break;
                default:
                    throw new JsonException($"an event has the unknown type {(type.Length > 32 ? type[..32] : type)}");
            }
        }

        private void Advance(string version)
        {
            if (version.Length > 0)
            {
                _version = version;
            }
        }

        /// <summary>Type and object of an event, in whatever order they stand.</summary>
        private static void Split(ReadOnlySpan<byte> line, out string type, out ReadOnlySpan<byte> json)
        {
            type = "";
            json = default;
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("a line is no object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isType, isObject) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals("object"u8));
                reader.Read();
                var from = (int)reader.TokenStartIndex;
                if (isType && reader.TokenType == JsonTokenType.String)
                {
                    type = PooledText.Of(ref reader);
                }

                reader.Skip();
                json = isObject ? line[from..(int)reader.BytesConsumed] : json;
            }
        }

        private static ApiException Refusal(ReadOnlySpan<byte> json)
        {
            using var document = JsonDocument.Parse(json.ToArray());
            var status = document.RootElement;
            var seconds = Number(Member(Member(status, "details"), "retryAfterSeconds"));
            return new(Number(Member(status, "code")) ?? 500, Text(status, "reason"), Text(status, "message"), seconds is { } asked ? TimeSpan.FromSeconds(asked) : null);
        }

        private static JsonElement Member(JsonElement json, string name) =>
            json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : default;

        private static string Text(JsonElement json, string name) => Member(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

        private static int? Number(JsonElement json) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var value) ? value : null;
    }
}
