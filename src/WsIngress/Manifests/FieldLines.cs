namespace WsIngress.Manifests;

/// <summary>
/// The line of every field of one object, packed: the fields in written order (parents before children), each with its depth, name
/// and line. A field is looked up by its path in the API's spelling: <c>spec.rules[0].host</c>, <c>metadata.annotations[a.b/c]</c>.
/// </summary>
internal sealed class FieldLines
{
    private readonly byte[] _depths;
    private readonly string?[] _names;
    private readonly int[] _lines;
    private readonly int _rootLine;

    private FieldLines(int rootLine, byte[] depths, string?[] names, int[] lines)
    {
        _rootLine = rootLine;
        _depths = depths;
        _names = names;
        _lines = lines;
    }

    /// <summary>Line of the field, else of its nearest parent that is written, at last of the object itself.</summary>
    public int Find(string field)
    {
        var at = -1;
        var rest = field.AsSpan();
        while (rest.Length > 0)
        {
            var next = Child(at, Segment(ref rest, out var bracketed), bracketed);
            if (next < 0)
            {
                break;
            }

            at = next;
        }

        return at < 0 ? _rootLine : _lines[at];
    }

    private int Child(int parent, ReadOnlySpan<char> name, bool bracketed)
    {
        var depth = parent < 0 ? 0 : _depths[parent] + 1;
        var index = bracketed && int.TryParse(name, out var number) ? number : -1;
        var item = 0;
        for (var i = parent + 1; i < _depths.Length && _depths[i] >= depth; i++)
        {
            if (_depths[i] != depth)
            {
                continue;
            }

            if (_names[i] is { } found ? name.SequenceEqual(found) : item++ == index)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Takes <c>name</c>, <c>.name</c> or <c>[key]</c> from the front of the path.</summary>
    private static ReadOnlySpan<char> Segment(ref ReadOnlySpan<char> rest, out bool bracketed)
    {
        if (rest[0] == '.')
        {
            rest = rest[1..];
        }

        bracketed = rest.Length > 0 && rest[0] == '[';
        ReadOnlySpan<char> segment;
        if (bracketed)
        {
            var end = rest.IndexOf(']');
            end = end < 0 ? rest.Length : end;
            segment = rest[1..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }
        else
        {
            var end = rest.IndexOfAny('.', '[');
            end = end < 0 ? rest.Length : end;
            segment = rest[..end];
            rest = rest[end..];
        }

        return segment;
    }

    /// <summary>Collects fields in the order of a walk.</summary>
    internal sealed class Builder(int rootLine)
    {
        private readonly List<byte> _depths = [];
        private readonly List<string?> _names = [];
        private readonly List<int> _lines = [];

        /// <summary>A field of the given depth (0 for members of the object); the name is null for an item of a list.</summary>
        public void Add(int depth, string? name, int line)
        {
            _depths.Add((byte)Math.Min(depth, byte.MaxValue));
            _names.Add(name);
            _lines.Add(line);
        }

        public FieldLines Build() => new(rootLine, [.. _depths], [.. _names], [.. _lines]);
    }
}
