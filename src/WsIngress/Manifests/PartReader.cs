using System.Text;
using System.Text.Json;
using k8s;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Manifests;

/// <summary>Turns the documents of one part into objects: finds the kind of each, opens lists, and decodes what is read here.</summary>
internal sealed class PartReader(ManifestLimits limits)
{
    private readonly DecodeBudget _budget = new(limits);
    private readonly List<ManifestObject> _objects = [];
    private readonly List<ManifestProblem> _problems = [];
    private readonly List<(ObjectKind, ObjectKey)> _broken = [];
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal);
    private bool _unreadable;

    public ManifestPart Result(UInt128 hash) => new(hash)
    {
        Objects = [.. _objects],
        Problems = [.. _problems],
        Broken = [.. _broken],
        UnknownKinds = [.. _unknown],
        Unreadable = _unreadable,
    };

    public void Add(ManifestNode node) => Add(node, null, 0);

    /// <param name="node">A document, or an item of a list.</param>
    /// <param name="listed">The kind of the items of a typed list, which need not say it themselves.</param>
    /// <param name="depth">How many lists it lies in.</param>
    private void Add(ManifestNode node, ObjectKindInfo? listed, int depth)
    {
        _budget.Object(node.Line);
        if (node.Type != NodeType.Mapping)
        {
            Refuse(node, $"must be a mapping with apiVersion, kind and metadata, found {node.Describe()}");
            return;
        }

        var kind = node.TextOf("kind") ?? listed?.Name;
        var apiVersion = node.TextOf("apiVersion") ?? listed?.ApiVersion;
        if (kind is null || apiVersion is null)
        {
            Refuse(node, $"has no {(kind is null ? "kind" : "apiVersion")} (a string); every object needs apiVersion and kind");
            return;
        }

        var slash = apiVersion.LastIndexOf('/');
        var group = slash < 0 ? "" : apiVersion[..slash];
        if (node.Member("items") is { } items && kind.EndsWith("List", StringComparison.Ordinal))
        {
            AddItems(node, items, Known(group, kind[..^4]), kind, depth);
        }
        else if (Known(group, kind) is { } info)
        {
            AddObject(node, info, apiVersion);
        }
        else if (_unknown.Count < 100)
        {
            _unknown.Add($"{ManifestNode.Cut(apiVersion)} {ManifestNode.Cut(kind)}");
        }
    }

    private static ObjectKindInfo? Known(string group, string kind) =>
        ObjectKindInfo.All.FirstOrDefault(info => info.Name == kind && (info.Group == group || (info.Kind == ObjectKind.Ingress && group == "extensions")));

    private void AddItems(ManifestNode list, ManifestNode items, ObjectKindInfo? listed, string kind, int depth)
    {
        if (items.Type == NodeType.Null)
        {
            return;
        }

        if (items.Type != NodeType.Sequence)
        {
            Refuse(items, $"has items that must be a list, found {items.Describe()}");
        }
        else if (depth >= 8)
        {
            Refuse(list, "nests lists deeper than 8 levels");
        }
        else if (listed is null && kind != "List")
        {
            _unknown.Add(ManifestNode.Cut(kind));
        }
        else
        {
            foreach (var item in items.Items)
            {
                Add(item, listed, depth + 1);
            }
        }
    }

    private void AddObject(ManifestNode node, ObjectKindInfo info, string apiVersion)
    {
        var metadata = node.Member("metadata");
        var name = metadata?.TextOf("name") ?? "";
        var space = info.Namespaced ? metadata?.TextOf("namespace") is { Length: > 0 } written ? written : "default" : "";
        var reference = new ObjectReference(info.Name, ManifestNode.Cut(space), ManifestNode.Cut(name));
        var known = _problems.Count;
        CheckIdentity(node, metadata, info, apiVersion, reference, name, space);
        if (_problems.Count > known)
        {
            // Which object is meant cannot be told when its name is wrong; only a wrong version leaves that clear.
            _broken.Add((info.Kind, new(space, name)));
            _unreadable |= name.Length == 0;
            return;
        }

        var decoded = ObjectDecoder.Decode(node, info.Model, reference, _budget);
        _problems.AddRange(decoded.Problems);
        if (decoded.Usable && Model(decoded.Json, info, reference, node) is { } model)
        {
            Complete(model, info, space);
            _objects.Add(new(info.Kind, new(space, name), model, decoded.Lines));
        }
        else
        {
            _broken.Add((info.Kind, new(space, name)));
        }
    }

    private void CheckIdentity(ManifestNode node, ManifestNode? metadata, ObjectKindInfo info, string apiVersion, ObjectReference reference, string name, string space)
    {
        void Wrong(ManifestNode? at, string field, string value, string allowed, string message) =>
            _problems.Add(new(new(reference, ProblemReason.InvalidField, field, ManifestNode.Cut(value), allowed, message), (at ?? metadata ?? node).Line));

        if (apiVersion != info.ApiVersion)
        {
            Wrong(node.Member("apiVersion"), "apiVersion", apiVersion, info.ApiVersion, $"must be {info.ApiVersion}, found {ManifestNode.Cut(apiVersion)}");
        }

        if (!ObjectNames.IsSubdomain(name))
        {
            var found = metadata?.Member("name");
            Wrong(found, "metadata.name", name, ObjectNames.SubdomainRule, $"must be a string of {ObjectNames.SubdomainRule}; found {found?.Describe() ?? "none"}");
        }

        var spaceNode = metadata?.Member("namespace");
        if (info.Namespaced && (!ObjectNames.IsLabel(space) || spaceNode?.Type is not (null or NodeType.Text or NodeType.Null)))
        {
            Wrong(spaceNode, "metadata.namespace", spaceNode!.Text, ObjectNames.LabelRule, $"must be a string of {ObjectNames.LabelRule}; found {spaceNode.Describe()}");
        }
    }

    private IKubernetesObject<V1ObjectMeta>? Model(ReadOnlyMemory<byte> json, ObjectKindInfo info, ObjectReference reference, ManifestNode node)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return info.Kind switch
            {
                ObjectKind.Ingress => KubernetesJson.Deserialize<V1Ingress>(document),
                ObjectKind.IngressClass => KubernetesJson.Deserialize<V1IngressClass>(document),
                ObjectKind.Service => KubernetesJson.Deserialize<V1Service>(document),
                ObjectKind.EndpointSlice => KubernetesJson.Deserialize<V1EndpointSlice>(document),
                _ => KubernetesJson.Deserialize<V1Secret>(document),
            };
        }
        catch (Exception broken) when (broken is JsonException or FormatException or InvalidOperationException or NotSupportedException)
        {
            var field = (broken as JsonException)?.Path?.TrimStart('$', '.') ?? "";
            _problems.Add(new(new(reference, ProblemReason.Unparsable, field, "", "", "has a value that the API does not allow"), node.Line));
            return null;
        }
    }

    /// <summary>What the API server does on the way in.</summary>
    private static void Complete(IKubernetesObject<V1ObjectMeta> model, ObjectKindInfo info, string space)
    {
        model.ApiVersion = info.ApiVersion;
        model.Kind = info.Name;
        model.Metadata.NamespaceProperty = info.Namespaced ? space : null;
        if (model is V1Secret { StringData: { } texts } secret)
        {
            secret.Data ??= new Dictionary<string, byte[]>();
            foreach (var (key, text) in texts)
            {
                secret.Data[key] = Encoding.UTF8.GetBytes(text);
            }

            secret.StringData = null;
        }
    }

    private void Refuse(ManifestNode node, string message)
    {
        _unreadable = true;
        _problems.Add(new(ManifestFile.FileProblem("", node.Line, message), node.Line));
    }
}
