using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>A refused request: becomes a Status body with the texts of a real server.</summary>
internal sealed class ApiFailure : Exception
{
    public ApiFailure(int code, string reason, string message, JsonObject? details = null, JsonObject? metadata = null)
        : base(message)
    {
        Code = code;
        Reason = reason;
        Details = details;
        Metadata = metadata;
    }

    /// <summary>HTTP status and <c>code</c>.</summary>
    public int Code { get; }

    public string Reason { get; }

    public JsonObject? Details { get; }

    public JsonObject? Metadata { get; }

    /// <summary>Whether the answer is the message as plain text and no Status, as throttling answers.</summary>
    public bool PlainText { get; init; }

    /// <summary>Seconds of the Retry-After header, or none.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The Status object, new each time.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = Metadata?.DeepClone() ?? new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason.Length > 0)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details.DeepClone();
        }

        status["code"] = Code;
        return status;
    }

    public static ApiFailure BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiFailure Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiFailure UnknownPath() =>
        new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    public static ApiFailure MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    public static ApiFailure UnknownBodyFormat() =>
        new(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");

    public static ApiFailure UnsupportedMediaType() =>
        new(415, "UnsupportedMediaType", "415: Unsupported Media Type", new JsonObject());

    public static ApiFailure NotFound(ResourceKind kind, string name) =>
        new(404, "NotFound", $"{kind.Resource} \"{name}\" not found", DetailsOf(kind, name));

    public static ApiFailure AlreadyExists(ResourceKind kind, string name) =>
        new(409, "AlreadyExists", $"{kind.Resource} \"{name}\" already exists", DetailsOf(kind, name));

    public static ApiFailure Conflict(ResourceKind kind, string name) =>
        new(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {kind.Resource} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            DetailsOf(kind, name));

    public static ApiFailure PreconditionFailed(ResourceKind kind, string name, string why) =>
        new(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {kind.QualifiedKind} \"{name}\": {why}",
            DetailsOf(kind, name, kind.Kind));

    public static ApiFailure OtherUid(StoredObject present, string uid) =>
        new(
            409,
            "Conflict",
            $"Operation cannot be fulfilled on {present.Kind.Resource} \"{present.Name}\": StorageError: invalid object, Code: 4, Key: /registry/{present.Kind.Kind.ToLowerInvariant()}/{present.Key.TrimStart('/')}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {present.Metadata["uid"]}",
            DetailsOf(present.Kind, present.Name));

    public static ApiFailure VersionMissing(ResourceKind kind, string name)
    {
        const string why = "Invalid value: 0: must be specified for an update";
        var details = WithCauses(DetailsOf(kind, name), "FieldValueInvalid", why, "metadata.resourceVersion");
        return new ApiFailure(422, "Invalid", $"{kind.Resource} \"{name}\" is invalid: metadata.resourceVersion: {why}", details);
    }

    /// <summary>422 with one cause.</summary>
    public static ApiFailure Invalid(ResourceKind kind, string name, string field, string reason, string why) =>
        new(
            422,
            "Invalid",
            $"{kind.QualifiedKind} \"{name}\" is invalid: {field}: {why}",
            WithCauses(DetailsOf(kind, name, kind.Kind), reason, why, field));

    public static ApiFailure InvalidListOption(string field, string why) =>
        new(
            422,
            "Invalid",
            $"ListOptions.meta.k8s.io \"\" is invalid: {field}: {why}",
            WithCauses(new JsonObject { ["group"] = "meta.k8s.io", ["kind"] = "ListOptions" }, "FieldValueForbidden", why, field));

    public static ApiFailure TooLargeVersion(long asked, long current) =>
        new(
            504,
            "Timeout",
            $"Timeout: Too large resource version: {asked}, current: {current}",
            new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
                ["retryAfterSeconds"] = 1,
            })
        {
            RetryAfter = 1,
        };

    public static ApiFailure ExpiredList() => new(410, "Expired", "The resourceVersion for the provided list is too old.");

    public static ApiFailure ExpiredContinue(string token) =>
        new(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
            metadata: new JsonObject { ["continue"] = token });

    public static ApiFailure ExpiredWatch(long asked, long oldest, string reason = "Expired") =>
        new(410, reason, $"too old resource version: {asked} ({oldest})");

    /// <summary>name, group (not for core), kind: the resource unless told otherwise.</summary>
    public static JsonObject DetailsOf(ResourceKind kind, string name, string? shown = null)
    {
        var details = new JsonObject();
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (kind.Group.Length > 0)
        {
            details["group"] = kind.Group;
        }

        details["kind"] = shown ?? kind.Plural;
        return details;
    }

    private static JsonObject WithCauses(JsonObject details, string reason, string message, string field)
    {
        details["causes"] = new JsonArray(new JsonObject { ["reason"] = reason, ["message"] = message, ["field"] = field });
        return details;
    }
}
