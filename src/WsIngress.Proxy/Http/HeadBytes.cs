using System.Text;

namespace WsIngress.Proxy.Http;

/// <summary>Writes the lines of a head into bytes that somebody else owns. The caller has seen to the room, by the sizes below, and to the characters.</summary>
internal ref struct HeadBytes(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    /// <summary>Bytes that the field lines take at most.</summary>
    public static int SizeOf(HeaderList headers)
    {
        var size = 0;
        foreach (var field in headers)
        {
            size += SizeOf(field.Name, field.Value);
        }

        return size;
    }

    public static int SizeOf(string name, string value) => name.Length + value.Length + 4;

    /// <summary>False when a name or value would not stay what it is between the lines of a head.</summary>
    public static bool CanWrite(HeaderList headers)
    {
        foreach (var field in headers)
        {
            if (!HttpSyntax.IsToken(field.Name) || !HttpSyntax.IsFieldValue(field.Value))
            {
                return false;
            }
        }

        return true;
    }

    public void Add(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Latin-1; what is outside of it becomes a question mark, one byte for one character.</summary>
    public void Add(string text) => Length += Encoding.Latin1.GetBytes(text, _destination[Length..]);

    public void AddField(string name, string value)
    {
        Add(name);
        Add(": "u8);
        Add(value);
        Add("\r\n"u8);
    }

    /// <summary>Bytes that a request head takes.</summary>
    public static int SizeOfRequest(string method, string target, HeaderList headers) =>
        method.Length + target.Length + SizeOf(headers) + "  HTTP/1.1\r\n\r\n".Length;

    /// <summary>A whole request head (RFC 9112 §3).</summary>
    public void AddRequest(string method, string target, HeaderList headers)
    {
        Add(method);
        Add(" "u8);
        Add(target);
        Add(" HTTP/1.1\r\n"u8);
        AddFields(headers);
        Add("\r\n"u8);
    }

    public void AddFields(HeaderList headers)
    {
        foreach (var field in headers)
        {
            AddField(field.Name, field.Value);
        }
    }
}
