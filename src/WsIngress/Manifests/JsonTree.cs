using System.Text.Json;

namespace WsIngress.Manifests;

/// <summary>Builds the values of a JSON text with their lines; several values may follow one another, as kubectl allows.</summary>
internal static class JsonTree
{
    /// <exception cref="ManifestSyntaxException">The text is no JSON, or passes a bound.</exception>
    public static List<ManifestNode> Parse(ReadOnlySpan<byte> utf8, ManifestLimits limits)
    {
        var options = new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = limits.Depth };
        var build = new Build(new Utf8JsonReader(utf8, options), utf8, limits);
        try
        {
            var documents = new List<ManifestNode>();
            while (build.Reader.Read())
            {
                var root = build.Node();
                if (root.Type != NodeType.Null)
                {
                    documents.Add(root);
                }
            }

            return documents;
        }
        catch (JsonException broken)
        {
            throw new ManifestSyntaxException((int)Math.Clamp((broken.LineNumber ?? 0) + 1, 1, int.MaxValue), "is no valid JSON: " + ManifestNode.Cut(broken.Message.Split(" LineNumber:")[0]));
        }
        catch (InvalidOperationException)
        {
            throw new ManifestSyntaxException(build.Line(), "holds a string with an invalid escape");
        }
    }

    private ref struct Build(Utf8JsonReader reader, ReadOnlySpan<byte> utf8, ManifestLimits limits)
    {
        public Utf8JsonReader Reader = reader;
        private readonly ReadOnlySpan<byte> _utf8 = utf8;
        private int _counted;
        private int _line = 1;
        private int _values;

        /// <summary>Line of the current token; tokens come in order, so every byte is looked at once.</summary>
        public int Line()
        {
            var start = (int)Reader.TokenStartIndex;
            if (start > _counted)
            {
                _line += _utf8[_counted..start].Count((byte)'\n');
                _counted = start;
            }

            return _line;
        }

        public ManifestNode Node()
        {
            var line = Line();
            if (++_values > limits.Values)
            {
                throw new ManifestSyntaxException(line, $"holds more than {limits.Values} values in one file");
            }

            return Reader.TokenType switch
            {
                JsonTokenType.StartObject => Mapping(line),
                JsonTokenType.StartArray => Sequence(line),
                JsonTokenType.String => new(NodeType.Text, line, Reader.GetString()!),
                JsonTokenType.True => new(NodeType.Boolean, line, "true"),
                JsonTokenType.False => new(NodeType.Boolean, line, "false"),
                JsonTokenType.Null => new(NodeType.Null, line),
                _ => new(Reader.TryGetInt64(out _) ? NodeType.Integer : NodeType.Float, line, System.Text.Encoding.ASCII.GetString(Reader.ValueSpan)),
            };
        }

        private ManifestNode Mapping(int line)
        {
            var node = new ManifestNode(NodeType.Mapping, line);
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (Reader.Read() && Reader.TokenType != JsonTokenType.EndObject)
            {
                var nameLine = Line();
                var name = Reader.GetString()!;
                Reader.Read();
                if (!names.Add(name))
                {
                    throw new ManifestSyntaxException(nameLine, $"has the field {ManifestNode.Cut(name)} twice in one object");
                }

                node.Members.Add(new(name, nameLine, Node()));
            }

            return node;
        }

        private ManifestNode Sequence(int line)
        {
            var node = new ManifestNode(NodeType.Sequence, line);
            while (Reader.Read() && Reader.TokenType != JsonTokenType.EndArray)
            {
                node.Items.Add(Node());
            }

            return node;
        }
    }
}
