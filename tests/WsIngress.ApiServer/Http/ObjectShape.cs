using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace WsIngress.ApiServer;

/// <summary>In which form an Accept header asks for objects: as they are, their metadata only, or as rows of a table.</summary>
internal abstract class ObjectShape
{
    /// <summary>The objects as they are; items of a list have no kind and apiVersion.</summary>
    public static ObjectShape Plain { get; } = new PlainShape();

    public abstract string ListKind(ResourceKind kind);

    public abstract string ListApiVersion(ResourceKind kind);

    /// <summary>Members of a list other than kind, apiVersion, metadata: columns of a table; "" or text that ends with a comma.</summary>
    public virtual string ListHead(ResourceKind kind) => "";

    /// <summary>"items" or "rows".</summary>
    public virtual string ListMember => "items";

    public abstract byte[] Item(StoredObject stored);

    /// <summary>The object of a watch event or of a GET.</summary>
    public abstract byte[] Alone(StoredObject stored);

    /// <summary>A bookmark's kind and apiVersion.</summary>
    public virtual (string Kind, string ApiVersion) Bookmark(ResourceKind kind) => (kind.Kind, kind.ApiVersion);

    /// <exception cref="ApiFailure">406: a form that is not offered.</exception>
    public static ObjectShape Of(HttpRequest request, TimeProvider time)
    {
        var accept = request.Headers.Accept.ToString();
        foreach (var choice in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = choice.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue;
            }

            var form = parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal));
            if (form is null)
            {
                return Plain;
            }

            if (!parts.Contains("g=meta.k8s.io") || !parts.Contains("v=v1"))
            {
                continue;
            }

            switch (form)
            {
                case "as=Table":
                    return new TableShape(time);
                case "as=PartialObjectMetadata" or "as=PartialObjectMetadataList":
                    return new MetadataShape();
            }
        }

        return accept.Length == 0
            ? Plain
            : throw new ApiFailure(406, "NotAcceptable", "406: Not Acceptable\n\nAvailable representations: application/json", new JsonObject());
    }

    private sealed class PlainShape : ObjectShape
    {
        public override string ListKind(ResourceKind kind) => $"{kind.Kind}List";

        public override string ListApiVersion(ResourceKind kind) => kind.ApiVersion;

        public override byte[] Item(StoredObject stored) => stored.ItemBytes;

        public override byte[] Alone(StoredObject stored) => stored.Bytes;
    }

    private sealed class MetadataShape : ObjectShape
    {
        public override string ListKind(ResourceKind kind) => "PartialObjectMetadataList";

        public override string ListApiVersion(ResourceKind kind) => "meta.k8s.io/v1";

        public override byte[] Item(StoredObject stored) => Alone(stored);

        public override byte[] Alone(StoredObject stored) => StoredObject.Serialize(Partial(stored));

        public override (string Kind, string ApiVersion) Bookmark(ResourceKind kind) => ("PartialObjectMetadata", "meta.k8s.io/v1");

        public static JsonObject Partial(StoredObject stored) => new()
        {
            ["kind"] = "PartialObjectMetadata",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = stored.Metadata.DeepClone(),
        };
    }

    private sealed class TableShape(TimeProvider time) : ObjectShape
    {
        public override string ListMember => "rows";

        public override string ListKind(ResourceKind kind) => "Table";

        public override string ListApiVersion(ResourceKind kind) => "meta.k8s.io/v1";

        public override string ListHead(ResourceKind kind) => $"\"columnDefinitions\":{Columns(kind).ToJsonString()},";

        public override byte[] Item(StoredObject stored) => StoredObject.Serialize(Row(stored));

        public override byte[] Alone(StoredObject stored) => StoredObject.Serialize(new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = stored.Version.ToString() },
            ["columnDefinitions"] = Columns(stored.Kind),
            ["rows"] = new JsonArray(Row(stored)),
        });

        private static JsonArray Columns(ResourceKind kind) => [.. TableColumn.Of(kind).Select(c => c.Definition())];

        private JsonObject Row(StoredObject stored) => new()
        {
            ["cells"] = new JsonArray([.. TableColumn.Of(stored.Kind).Select(c => JsonValue.Create(c.Cell(stored, time)))]),
            ["object"] = MetadataShape.Partial(stored),
        };
    }
}
