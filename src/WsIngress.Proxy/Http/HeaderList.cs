namespace WsIngress.Proxy.Http;

/// <summary>One header line; names compare without case (RFC 9110 §5.1).</summary>
public readonly record struct HeaderField(string Name, string Value);

/// <summary>Header lines in the order they came; repeated names stay apart.</summary>
public sealed class HeaderList
{
    private readonly List<HeaderField> _fields;

    public HeaderList(int capacity = 16) => _fields = new List<HeaderField>(capacity);

    public int Count => _fields.Count;

    public HeaderField this[int index] => _fields[index];

    public void Add(string name, string value) => _fields.Add(new(name, value));

    /// <summary>Takes all lines of the name away and adds one; null only takes away.</summary>
    public void Set(string name, string? value)
    {
        Remove(name);
        if (value is not null)
        {
            Add(name, value);
        }
    }

    public void Remove(string name) => _fields.RemoveAll(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first line of the name, or null.</summary>
    public string? Get(string name)
    {
        foreach (var field in _fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return field.Value;
            }
        }

        return null;
    }

    /// <summary>All lines of the name in their order, joined by a comma (RFC 9110 §5.3), or null.</summary>
    public string? Joined(string name)
    {
        string? all = null;
        foreach (var field in _fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                all = all is null ? field.Value : $"{all}, {field.Value}";
            }
        }

        return all;
    }

    public bool Contains(string name) => Get(name) is not null;

    /// <summary>True when a comma-separated list under the name has the token, without case (RFC 9110 §5.6.1).</summary>
    public bool HasToken(string name, string token)
    {
        foreach (var field in _fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && ListHas(field.Value, token))
            {
                return true;
            }
        }

        return false;
    }

    public List<HeaderField>.Enumerator GetEnumerator() => _fields.GetEnumerator();

    internal static bool ListHas(ReadOnlySpan<char> list, ReadOnlySpan<char> token)
    {
        foreach (var range in list.Split(','))
        {
            if (list[range].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
