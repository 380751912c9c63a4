using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Cluster.Events;

/// <summary>The bounds that the API sets to the texts of an Event.</summary>
internal static class EventText
{
    /// <summary>Bytes of UTF-8 in a note.</summary>
    public const int MostNoteBytes = 1024;

    private const int MostInstance = 128;
    private const int MostNamePrefix = 200;

    /// <summary>At most <see cref="MostNoteBytes"/>, cut between two characters, with an ellipsis that counts.</summary>
    public static string Note(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= MostNoteBytes)
        {
            return text;
        }

        const string Ellipsis = "…";
        var (left, length) = (MostNoteBytes - Encoding.UTF8.GetByteCount(Ellipsis), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            left -= rune.Utf8SequenceLength;
            if (left < 0)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length] + Ellipsis;
    }

    /// <summary>The same for the same thing said about the same object, so that a new leader finds what the last one wrote.</summary>
    public static string Name(EventSubject about, string reason, string note, string instance)
    {
        var identity = string.Join('\n', about.Kind, about.Namespace, about.Name, about.Uid, reason, note, instance);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
        var prefix = about.Name.Length <= MostNamePrefix ? about.Name : about.Name[..MostNamePrefix].TrimEnd('.', '-');
        return $"{prefix}.{hash}";
    }

    /// <summary>The API takes one slash, an IngressClass may have more.</summary>
    public static string Controller(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? name : name[..(slash + 1)] + name[(slash + 1)..].Replace('/', '.');
    }

    public static string Instance(string name) => name.Length <= MostInstance ? name : name[..MostInstance];
}
