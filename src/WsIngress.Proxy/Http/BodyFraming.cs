using System.Globalization;

namespace WsIngress.Proxy.Http;

/// <summary>What ends a body.</summary>
internal enum BodyEnd
{
    /// <summary>There is none.</summary>
    None,
    Length,
    Chunks,

    /// <summary>The end of the connection.</summary>
    Close,
}

/// <summary>How the body of a pod's answer is framed (RFC 9112 §6.3).</summary>
internal readonly record struct BodyFraming(BodyEnd End, long Length)
{
    /// <summary>
    /// False when the head contradicts itself: two lengths, a length that is no number, a transfer coding besides chunked. Readers
    /// differ on such answers, so they are refused.
    /// </summary>
    public static bool TryRead(ResponseHead head, out BodyFraming framing)
    {
        framing = default;
        string? coding = null;
        long? length = null;
        foreach (var field in head.Headers)
        {
            if (field.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                coding = coding is null ? field.Value : $"{coding}, {field.Value}";
            }
            else if (field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (!long.TryParse(field.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || (length ?? value) != value)
                {
                    return false;
                }

                length = value;
            }
        }

        if (head.IsInformational || head.Status is 101 or 204 or 205 or 304)
        {
            return true;
        }

        framing = coding is not null ? new(BodyEnd.Chunks, 0) : length is { } known ? new(BodyEnd.Length, known) : new(BodyEnd.Close, 0);
        return coding is null || coding.Equals("chunked", StringComparison.OrdinalIgnoreCase);
    }
}
