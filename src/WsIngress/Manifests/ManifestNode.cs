namespace WsIngress.Manifests;

/// <summary>The types of JSON, with integers apart.</summary>
internal enum NodeType
{
    Null,
    Boolean,
    Integer,
    Float,
    Text,
    Mapping,
    Sequence,
}

/// <summary>
/// A value of a manifest with its line (1-based, within the text that was parsed). An alias is the anchored node itself, so one node
/// may be met many times while a tree is walked, but never inside itself.
/// </summary>
internal sealed class ManifestNode(NodeType type, int line, string text = "")
{
    public NodeType Type { get; } = type;

    public int Line { get; } = line;

    /// <summary>A scalar as it is written, without quotes.</summary>
    public string Text { get; } = text;

    /// <summary>Members of a mapping in written order; names are unique.</summary>
    public List<ManifestMember> Members { get; } = type == NodeType.Mapping ? [] : NoMembers;

    /// <summary>Items of a sequence.</summary>
    public List<ManifestNode> Items { get; } = type == NodeType.Sequence ? [] : NoItems;

    private static readonly List<ManifestMember> NoMembers = [];
    private static readonly List<ManifestNode> NoItems = [];

    public ManifestNode? Member(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
            {
                return member.Value;
            }
        }

        return null;
    }

    /// <summary>The text of a member that is a string, else null.</summary>
    public string? TextOf(string name) => Member(name) is { Type: NodeType.Text, Text: var text } ? text : null;

    /// <summary>For messages: <c>the number 30</c>, <c>a list</c>; a long value is cut.</summary>
    public string Describe() => Type switch
    {
        NodeType.Null => "nothing (null)",
        NodeType.Boolean => $"the boolean {Text}",
        NodeType.Integer or NodeType.Float => $"the number {Cut(Text)}",
        NodeType.Text => $"the string \"{Cut(Text)}\"",
        NodeType.Mapping => "a mapping",
        _ => "a list",
    };

    public static string Cut(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");
}

/// <summary>A member of a mapping and the line of its name.</summary>
internal readonly record struct ManifestMember(string Name, int Line, ManifestNode Value);

/// <summary>A text that cannot be read: the line within it and what is wrong, as a sentence without the line.</summary>
internal sealed class ManifestSyntaxException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
