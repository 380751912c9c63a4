using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>What a body must be before it is looked at: the right kind, place and name, and times that parse.</summary>
internal static class ObjectCheck
{
    /// <summary>A copy of the body with kind, apiVersion, metadata and namespace set.</summary>
    /// <param name="kind">The kind of the path.</param>
    /// <param name="ns">The namespace of the path; empty outside namespaces.</param>
    /// <param name="name">The name of the path, or null for POST.</param>
    /// <param name="body">As it was sent.</param>
    /// <exception cref="ApiFailure">400: another kind, name or namespace than the path, or a bad time.</exception>
    public static JsonObject Body(ResourceKind kind, string ns, string? name, JsonObject body)
    {
        var json = body.DeepClone().AsObject();
        if (((string?)json["apiVersion"] ?? kind.ApiVersion) != kind.ApiVersion)
        {
            throw ApiFailure.BadRequest($"the API version in the data ({json["apiVersion"]}) does not match the expected API version ({kind.ApiVersion})");
        }

        if (((string?)json["kind"] ?? kind.Kind) != kind.Kind)
        {
            throw ApiFailure.BadRequest($"{json["kind"]} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: no kind \"{json["kind"]}\" is registered for version \"{kind.ApiVersion}\" in scheme \"fake\"");
        }

        json["kind"] = kind.Kind;
        json["apiVersion"] = kind.ApiVersion;
        if (json["metadata"] is not JsonObject metadata)
        {
            json["metadata"] = metadata = [];
        }

        metadata.Remove("managedFields");
        if (kind.Namespaced)
        {
            if ((string?)metadata["namespace"] is { Length: > 0 } own && own != ns)
            {
                throw ApiFailure.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
            }

            metadata["namespace"] = ns;
        }
        else
        {
            metadata.Remove("namespace");
        }

        if (name is not null && (string?)metadata["name"] is { } given && given != name)
        {
            throw ApiFailure.BadRequest($"the name of the object ({given}) does not match the name on the URL ({name})");
        }

        MicroTime.Check(kind, json);
        return json;
    }

    /// <exception cref="ApiFailure">422: no name, or one that is no DNS subdomain.</exception>
    public static string Name(ResourceKind kind, JsonObject json)
    {
        var name = (string?)json["metadata"]!["name"] ?? "";
        if (name.Length == 0)
        {
            throw ApiFailure.Invalid(kind, "", "metadata.name", "FieldValueRequired", "Required value: name or generateName is required");
        }

        if (name.Length > 253 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
        {
            throw ApiFailure.Invalid(kind, name, "metadata.name", "FieldValueInvalid", $"Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
        }

        return name;
    }
}
