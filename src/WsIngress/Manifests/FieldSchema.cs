using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;

namespace WsIngress.Manifests;

/// <summary>What a field of the API may hold.</summary>
internal enum FieldType
{
    Text,
    Boolean,
    Int32,
    Int64,
    Time,
    Base64,
    IntOrText,
    Any,
    Object,
    List,
    Map,
}

/// <summary>The shape of a field, read once from the API's models: its type, its element, and the members of an object by their JSON names.</summary>
internal sealed record FieldSchema(FieldType Type)
{
    private static readonly ConcurrentDictionary<Type, FieldSchema> Known = new();

    /// <summary>Of the items of a list or the values of a map.</summary>
    public FieldSchema? Element { get; init; }

    public FrozenDictionary<string, FieldSchema> Members { get; init; } = FrozenDictionary<string, FieldSchema>.Empty;

    public static FieldSchema Of(Type model) => Known.GetOrAdd(model, Read);

    private static FieldSchema Read(Type model)
    {
        var type = Nullable.GetUnderlyingType(model) ?? model;
        if (Scalar(type) is { } scalar)
        {
            return new(scalar);
        }

        if (type.IsGenericType)
        {
            var shape = type.GetGenericTypeDefinition() == typeof(IList<>) ? FieldType.List : FieldType.Map;
            return new(shape) { Element = Of(type.GetGenericArguments()[^1]) };
        }

        // Managed fields hold the shape of another writer's request: nothing that a route could need, and the largest part of an exported object.
        return new(FieldType.Object)
        {
            Members = type.GetProperties()
                .Select(property => (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name, property.PropertyType))
                .Where(member => member.Name is not null)
                .ToFrozenDictionary(
                    member => member.Name!,
                    member => member.PropertyType == typeof(IList<V1ManagedFieldsEntry>) ? new(FieldType.Any) : Of(member.PropertyType),
                    StringComparer.Ordinal),
        };
    }

    private static FieldType? Scalar(Type type) => type switch
    {
        _ when type == typeof(string) => FieldType.Text,
        _ when type == typeof(bool) => FieldType.Boolean,
        _ when type == typeof(int) => FieldType.Int32,
        _ when type == typeof(long) => FieldType.Int64,
        _ when type == typeof(DateTime) => FieldType.Time,
        _ when type == typeof(byte[]) => FieldType.Base64,
        _ when type == typeof(IntOrString) => FieldType.IntOrText,
        _ when type == typeof(object) => FieldType.Any,
        _ => null,
    };
}
