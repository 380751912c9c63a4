using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace WsIngress.Manifests;

/// <summary>
/// Builds the values of a YAML text from the parser's events. We build the tree ourselves because the library's own does so by
/// recursion without a bound, and because every value here needs its line. Nothing is expanded: an alias is a second reference.
/// </summary>
internal sealed class YamlTree
{
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly ManifestLimits _limits;
    private readonly Dictionary<string, ManifestNode?> _anchors = new(StringComparer.Ordinal);
    private int _values;

    private YamlTree(string text, ManifestLimits limits)
    {
        _scanner = new Scanner(new StringReader(text));
        _parser = new Parser(_scanner);
        _limits = limits;
    }

    /// <summary>The documents of the text; those that say nothing are left out.</summary>
    /// <exception cref="ManifestSyntaxException">The text is no YAML, or passes a bound.</exception>
    public static List<ManifestNode> Parse(string text, ManifestLimits limits)
    {
        var tree = new YamlTree(text, limits);
        try
        {
            return tree.Documents();
        }
        catch (YamlException broken)
        {
            throw new ManifestSyntaxException((int)Math.Clamp(broken.Start.Line, 1, int.MaxValue), Sentence(broken));
        }
        catch (InvalidOperationException)
        {
            // The parser's answer to a value in brackets that begins left of its parent.
            throw new ManifestSyntaxException(tree.ScannedLine, "is no valid YAML: a value within [ ] or { } must be indented deeper than the field it belongs to");
        }
        catch (Exception broken) when (broken is not ManifestSyntaxException and not OutOfMemoryException)
        {
            throw new ManifestSyntaxException(tree.ScannedLine, $"is no YAML that can be read ({broken.GetType().Name})");
        }
    }

    private int ScannedLine => (int)Math.Clamp(_scanner.CurrentPosition.Line, 1, int.MaxValue);

    private static string Sentence(YamlException broken)
    {
        var inner = broken.InnerException is YamlException cause ? cause.Message : broken.Message;
        return "is no valid YAML: " + ManifestNode.Cut(inner.ReplaceLineEndings(" "));
    }

    private List<ManifestNode> Documents()
    {
        var documents = new List<ManifestNode>();
        _parser.Consume<StreamStart>();
        while (_parser.TryConsume<DocumentStart>(out _))
        {
            _anchors.Clear();
            var root = Node(0);
            _parser.Consume<DocumentEnd>();
            if (root.Type != NodeType.Null)
            {
                documents.Add(root);
            }
        }

        return documents;
    }

    private ManifestNode Node(int depth)
    {
        var line = (int)_parser.Current!.Start.Line;
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Anchored(alias, line);
        }

        Count(line);
        if (depth > _limits.Depth)
        {
            throw new ManifestSyntaxException(line, $"is nested deeper than {_limits.Depth} levels");
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            return Remember(scalar, new ManifestNode(TypeOf(scalar, line), line, scalar.Value));
        }

        return _parser.TryConsume<SequenceStart>(out var sequence) ? Sequence(sequence, line, depth) : Mapping(_parser.Consume<MappingStart>(), line, depth);
    }

    private ManifestNode Anchored(AnchorAlias alias, int line)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw new ManifestSyntaxException(line, $"uses the alias *{ManifestNode.Cut(alias.Value.Value)}, which no anchor before it defines; quote a value that begins with *");
        }

        return node ?? throw new ManifestSyntaxException(line, $"uses the alias *{ManifestNode.Cut(alias.Value.Value)} inside its own anchor");
    }

    private ManifestNode Sequence(SequenceStart start, int line, int depth)
    {
        Open(start);
        var node = new ManifestNode(NodeType.Sequence, line);
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            node.Items.Add(Node(depth + 1));
        }

        return Remember(start, node);
    }

    private ManifestNode Mapping(MappingStart start, int line, int depth)
    {
        Open(start);
        var node = new ManifestNode(NodeType.Mapping, line);
        var names = new HashSet<string>(StringComparer.Ordinal);
        List<(ManifestNode Value, int Line)>? merges = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var nameLine = (int)_parser.Current!.Start.Line;
            var merge = _parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var name = Node(depth + 1);
            if (name.Type is NodeType.Mapping or NodeType.Sequence)
            {
                throw new ManifestSyntaxException(nameLine, "uses a list or mapping as a field name; only strings are allowed");
            }

            var value = Node(depth + 1);
            if (merge)
            {
                (merges ??= []).Add((value, nameLine));
            }
            else if (names.Add(name.Text))
            {
                node.Members.Add(new(name.Text, nameLine, value));
            }
            else
            {
                throw new ManifestSyntaxException(nameLine, $"has the field {ManifestNode.Cut(name.Text)} twice in one mapping");
            }
        }

        foreach (var (value, mergeLine) in merges ?? [])
        {
            Merge(node, names, value, mergeLine);
        }

        return Remember(start, node);
    }

    /// <summary>The YAML 1.1 merge key: members of the merged mappings that the mapping itself does not have.</summary>
    private void Merge(ManifestNode node, HashSet<string> names, ManifestNode merged, int line)
    {
        if (merged.Type == NodeType.Sequence)
        {
            foreach (var item in merged.Items)
            {
                Count(line);
                MergeOne(node, names, item, line);
            }
        }
        else
        {
            MergeOne(node, names, merged, line);
        }
    }

    private void MergeOne(ManifestNode node, HashSet<string> names, ManifestNode merged, int line)
    {
        if (merged.Type != NodeType.Mapping)
        {
            throw new ManifestSyntaxException(line, "merges (<<) a value that is no mapping");
        }

        foreach (var member in merged.Members)
        {
            Count(line);
            if (names.Add(member.Name))
            {
                node.Members.Add(member);
            }
        }
    }

    private static NodeType TypeOf(Scalar scalar, int line)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
        {
            return scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? YamlScalar.TypeOf(scalar.Value) : NodeType.Text;
        }

        var (type, fits) = scalar.Tag.Value switch
        {
            "tag:yaml.org,2002:str" => (NodeType.Text, true),
            "tag:yaml.org,2002:null" => (NodeType.Null, YamlScalar.IsNull(scalar.Value)),
            "tag:yaml.org,2002:bool" => (NodeType.Boolean, YamlScalar.TryBoolean(scalar.Value, out _)),
            "tag:yaml.org,2002:int" => (NodeType.Integer, YamlScalar.TryInteger(scalar.Value, out _)),
            "tag:yaml.org,2002:float" => (NodeType.Float, YamlScalar.IsFloat(scalar.Value)),
            _ => (NodeType.Text, false),
        };
        return fits ? type : throw new ManifestSyntaxException(line, $"has the tag {ManifestNode.Cut(scalar.Tag.Value)}, which does not fit the value or is not supported; allowed are !!str, !!int, !!float, !!bool and !!null");
    }

    /// <summary>An anchor that is still being built stands as null, so that an alias to it is found out.</summary>
    private void Open(NodeEvent start)
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = null;
        }
    }

    private ManifestNode Remember(NodeEvent start, ManifestNode node)
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = node;
        }

        return node;
    }

    private void Count(int line)
    {
        if (++_values > _limits.Values)
        {
            throw new ManifestSyntaxException(line, $"holds more than {_limits.Values} values in one document");
        }
    }
}
