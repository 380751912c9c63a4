namespace WsIngress.Manifests;

/// <summary>
/// Counts what the walks over one text have met. Aliases make a small text stand for an endless one, so the walk is bounded, not the text.
/// </summary>
internal sealed class DecodeBudget(ManifestLimits limits)
{
    private int _values;
    private int _objects;

    public void Value(int line)
    {
        if (++_values > limits.Values)
        {
            throw new ManifestSyntaxException(line, $"expands to more than {limits.Values} values; it repeats aliases too often");
        }
    }

    public void Object(int line)
    {
        if (++_objects > limits.Documents)
        {
            throw new ManifestSyntaxException(line, $"holds more than {limits.Documents} objects");
        }
    }

    public void Bytes(long written, int line)
    {
        if (written > limits.ObjectBytes)
        {
            throw new ManifestSyntaxException(line, $"expands to more than {limits.ObjectBytes} bytes in one object; it repeats aliases too often");
        }
    }
}
