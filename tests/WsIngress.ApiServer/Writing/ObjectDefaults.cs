using System.Text;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>The few fields that a server fills in and that clients look at.</summary>
internal static class ObjectDefaults
{
    public static void Fill(ResourceKind kind, JsonObject json)
    {
        switch (kind.Plural)
        {
            case "ingresses":
                json["status"] ??= new JsonObject();
                (json["status"] as JsonObject)?.TryAdd("loadBalancer", new JsonObject());
                break;
            case "services":
                Service(json);
                break;
            case "namespaces":
                json["spec"] ??= new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                json["status"] ??= new JsonObject { ["phase"] = "Active" };
                break;
            case "pods":
                json["status"] ??= new JsonObject { ["phase"] = "Pending" };
                break;
            case "secrets":
                json["type"] ??= "Opaque";
                Encode(json);
                break;
            case "leases":
                json["spec"] ??= new JsonObject();
                break;
        }
    }

    /// <summary>stringData is written only: the server turns it into data.</summary>
    private static void Encode(JsonObject json)
    {
        if (json["stringData"] is not JsonObject texts)
        {
            return;
        }

        json["data"] ??= new JsonObject();
        foreach (var (key, value) in texts)
        {
            json["data"]![key] = Convert.ToBase64String(Encoding.UTF8.GetBytes((string?)value ?? ""));
        }

        json.Remove("stringData");
    }

    private static void Service(JsonObject json)
    {
        json["status"] ??= new JsonObject();
        (json["status"] as JsonObject)?.TryAdd("loadBalancer", new JsonObject());
        if (json["spec"] is not JsonObject spec)
        {
            json["spec"] = spec = [];
        }

        spec["type"] ??= "ClusterIP";
        foreach (var port in (spec["ports"] as JsonArray ?? []).OfType<JsonObject>())
        {
            port["protocol"] ??= "TCP";
            port["targetPort"] ??= port["port"]?.DeepClone();
        }
    }
}
