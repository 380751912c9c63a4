using System.Net;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>Validation of the fields that a controller writes itself, and of the shape of an Ingress. One cause per refusal.</summary>
internal static class ObjectValidation
{
    private static readonly string[] PathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
    private static readonly string[] EventTypes = ["Normal", "Warning"];

    /// <exception cref="ApiFailure">422.</exception>
    public static void Check(ResourceKind kind, JsonObject json)
    {
        switch (kind.Plural)
        {
            case "ingresses":
                IngressSpec(kind, json);
                break;
            case "events":
                Event(json);
                break;
            case "leases":
                Lease(kind, json);
                break;
        }
    }

    /// <summary>Checks the load balancer addresses; an empty list becomes none.</summary>
    /// <exception cref="ApiFailure">422.</exception>
    public static void CheckStatus(ResourceKind kind, JsonObject json)
    {
        if (kind.Plural is not ("ingresses" or "services") || json["status"]?["loadBalancer"] is not JsonObject balancer || balancer["ingress"] is not JsonArray points)
        {
            return;
        }

        for (var i = 0; i < points.Count; i++)
        {
            var at = $"status.loadBalancer.ingress[{i}]";
            if ((string?)points[i]?["ip"] is { Length: > 0 } ip && !IPAddress.TryParse(ip, out _))
            {
                throw Refused(kind, json, $"{at}.ip", "FieldValueInvalid", $"Invalid value: \"{ip}\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
            }

            if ((string?)points[i]?["hostname"] is { Length: > 0 } host && IPAddress.TryParse(host, out _))
            {
                throw Refused(kind, json, $"{at}.hostname", "FieldValueInvalid", $"Invalid value: \"{host}\": must be a DNS name, not an IP address");
            }

            foreach (var port in (points[i]?["ports"] as JsonArray ?? []).OfType<JsonObject>())
            {
                port["protocol"] ??= "";
            }
        }

        if (points.Count == 0)
        {
            balancer.Remove("ingress");
        }
    }

    private static void Lease(ResourceKind kind, JsonObject json)
    {
        if (json["spec"]?["leaseDurationSeconds"] is JsonValue duration && (long)duration <= 0)
        {
            throw Refused(kind, json, "spec.leaseDurationSeconds", "FieldValueInvalid", $"Invalid value: {duration}: must be greater than 0");
        }
    }

    private static void IngressSpec(ResourceKind kind, JsonObject json)
    {
        var rules = json["spec"]?["rules"];
        if (rules is not null and not JsonArray)
        {
            throw ApiFailure.BadRequest("Ingress in version \"v1\" cannot be handled as a Ingress: json: cannot unmarshal string into Go struct field IngressSpec.spec.rules of type []v1.IngressRule");
        }

        if (rules is not JsonArray { Count: > 0 } && json["spec"]?["defaultBackend"] is null)
        {
            throw Refused(kind, json, "spec", "FieldValueInvalid", "Invalid value: []: either `defaultBackend` or `rules` must be specified");
        }

        for (var i = 0; i < ((rules as JsonArray)?.Count ?? 0); i++)
        {
            var paths = rules![i]?["http"]?["paths"] as JsonArray ?? [];
            for (var j = 0; j < paths.Count; j++)
            {
                IngressPath(kind, json, $"spec.rules[{i}].http.paths[{j}]", paths[j] as JsonObject ?? []);
            }
        }
    }

    private static void IngressPath(ResourceKind kind, JsonObject json, string at, JsonObject path)
    {
        var type = (string?)path["pathType"] ?? throw Refused(kind, json, $"{at}.pathType", "FieldValueRequired", "Required value: pathType must be specified");
        if (!PathTypes.Contains(type))
        {
            throw Refused(kind, json, $"{at}.pathType", "FieldValueNotSupported", $"Unsupported value: \"{type}\": supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"");
        }

        var text = (string?)path["path"] ?? "";
        if (!text.StartsWith('/') && (text.Length > 0 || type != "ImplementationSpecific"))
        {
            throw Refused(kind, json, $"{at}.path", "FieldValueInvalid", $"Invalid value: \"{text}\": must be an absolute path");
        }

        if (path["backend"]?["service"] is null && path["backend"]?["resource"] is null)
        {
            throw Refused(kind, json, $"{at}.backend", "FieldValueInvalid", "Invalid value: \"\": resource or service backend is required");
        }
    }

    private static void Event(JsonObject json)
    {
        var kind = new ResourceKind("", "v1", "events", "Event", true);
        if (json["eventTime"] is null)
        {
            throw Refused(kind, json, "eventTime", "FieldValueRequired", "Required value");
        }

        foreach (var (field, longest) in new[] { ("reportingController", 253), ("reportingInstance", 128), ("action", 128), ("reason", 128) })
        {
            var value = (string?)json[field] ?? "";
            if (value.Length == 0)
            {
                throw Refused(kind, json, field, "FieldValueRequired", "Required value");
            }

            if (value.Length > longest)
            {
                throw Refused(kind, json, field, "FieldValueInvalid", $"Invalid value: \"\": can have at most {longest} characters");
            }
        }

        if (!EventTypes.Contains((string?)json["type"]))
        {
            throw Refused(kind, json, "type", "FieldValueInvalid", $"Invalid value: \"\": has invalid value: {json["type"]}");
        }

        if (System.Text.Encoding.UTF8.GetByteCount((string?)json["note"] ?? "") > 1024)
        {
            throw Refused(kind, json, "message", "FieldValueInvalid", "Invalid value: \"\": can have at most 1024 characters");
        }

        var ns = (string?)json["metadata"]!["namespace"];
        if (string.IsNullOrEmpty((string?)json["regarding"]?["namespace"]) && ns is not ("default" or "kube-system"))
        {
            throw Refused(kind, json, "involvedObject.namespace", "FieldValueInvalid", "Invalid value: \"\": does not match event.namespace");
        }
    }

    private static ApiFailure Refused(ResourceKind kind, JsonObject json, string field, string reason, string why) =>
        ApiFailure.Invalid(kind, (string?)json["metadata"]?["name"] ?? "", field, reason, why);
}
