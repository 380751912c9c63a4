using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>The query of a LIST or WATCH, checked as a real server checks it.</summary>
internal sealed record ListOptions
{
    public required bool Watch { get; init; }

    public required ObjectFilter Filter { get; init; }

    /// <summary>As sent; null when absent or empty.</summary>
    public required long? Version { get; init; }

    /// <summary>Exact, NotOlderThan, or "".</summary>
    public required string Match { get; init; }

    /// <summary>0 for no limit.</summary>
    public required int Limit { get; init; }

    public required string Continue { get; init; }

    public required bool Bookmarks { get; init; }

    public required bool? InitialEvents { get; init; }

    /// <summary>Null: the server's own limit.</summary>
    public required TimeSpan? Timeout { get; init; }

    /// <exception cref="ApiFailure">400, 422 or 500 as recorded.</exception>
    public static ListOptions Parse(ResourceKind kind, string ns, string name, IQueryCollection query)
    {
        string Text(string key) => query[key].ToString();
        bool Flag(string key) => Text(key) is "true" or "1";

        var watch = Flag("watch");
        var fields = Text("fieldSelector");
        if (name.Length > 0)
        {
            fields = $"metadata.name={name}" + (fields.Length > 0 ? $",{fields}" : "");
        }

        var options = new ListOptions
        {
            Watch = watch,
            Filter = new ObjectFilter(ns, LabelSelector.Parse(Text("labelSelector")), FieldSelector.Parse(kind, fields)),
            Version = ParseVersion(Text("resourceVersion"), watch),
            Match = Text("resourceVersionMatch"),
            Limit = (int)Math.Clamp(ParseNumber(Text("limit")), 0, int.MaxValue),
            Continue = Text("continue"),
            Bookmarks = Flag("allowWatchBookmarks"),
            InitialEvents = Text("sendInitialEvents") is { Length: > 0 } initial ? initial is "true" or "1" : null,
            Timeout = ParseNumber(Text("timeoutSeconds")) is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null,
        };
        options.Check();
        return options;
    }

    private void Check()
    {
        if (InitialEvents is not null && !Watch)
        {
            throw ApiFailure.InvalidListOption("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list");
        }

        if (InitialEvents is not null && Match != "NotOlderThan")
        {
            throw ApiFailure.InvalidListOption("resourceVersionMatch", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }

        if (Watch && Match.Length > 0 && InitialEvents is null)
        {
            throw ApiFailure.InvalidListOption("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        if (Continue.Length > 0 && (Match.Length > 0 || Watch))
        {
            throw ApiFailure.InvalidListOption("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden when continue is provided");
        }

        if (Continue.Length > 0 && Version is > 0)
        {
            throw ApiFailure.BadRequest("specifying resource version is not allowed when using continue");
        }

        if (!Watch && Match.Length > 0 && Version is null)
        {
            throw ApiFailure.InvalidListOption("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if (!Watch && Match == "Exact" && Version == 0)
        {
            throw ApiFailure.InvalidListOption("resourceVersionMatch", "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
    }

    public static long? ParseVersion(string text, bool watch)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (long.TryParse(text, out var version) && version >= 0)
        {
            return version;
        }

        var why = $"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax";
        throw watch ? new ApiFailure(500, "", why) : ApiFailure.BadRequest($"invalid resource version: {why}");
    }

    private static long ParseNumber(string text) =>
        text.Length == 0 ? 0
        : long.TryParse(text, out var number) ? number
        : throw ApiFailure.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
