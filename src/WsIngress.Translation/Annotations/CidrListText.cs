using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace WsIngress.Translation.Annotations;

/// <summary>
/// Comma-separated networks and single addresses, IPv4 and IPv6, at most 1,000. Host bits are cut off (<c>10.1.2.3/8</c> is
/// <c>10.0.0.0/8</c>), IPv4-mapped IPv6 becomes IPv4. One bad item spoils the list: half a guard is none.
/// </summary>
internal static class CidrListText
{
    public const int MaxItems = 1000;

    public static bool TryParse(string text, out ImmutableArray<IPNetwork> networks, out string error)
    {
        networks = [];
        var items = text.Split(',', MaxItems + 1, StringSplitOptions.TrimEntries);
        if (items.Length > MaxItems)
        {
            error = $"has more than {MaxItems} items";
            return false;
        }

        var list = ImmutableArray.CreateBuilder<IPNetwork>(items.Length);
        var seen = new HashSet<IPNetwork>();
        for (var i = 0; i < items.Length; i++)
        {
            if (!TryParseOne(items[i], out var network))
            {
                error = items[i].Length == 0 ? $"has an empty item at position {i + 1}" : $"has an item that is no network: {ProblemText.Clip(items[i], 64)}";
                return false;
            }

            if (seen.Add(network))
            {
                list.Add(network);
            }
        }

        networks = list.ToImmutable();
        error = "";
        return true;
    }

    private static bool TryParseOne(string item, out IPNetwork network)
    {
        network = default;
        var slash = item.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? item : item[..slash];
        if (!AddressText.TryParse(host, out var address))
        {
            return false;
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var length = bits;
        if (slash >= 0 && !TryParseLength(item.AsSpan(slash + 1), bits, out length))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6 && length >= 96)
        {
            (address, length) = (address.MapToIPv4(), length - 96);
        }

        network = new IPNetwork(Mask(address, length), length);
        return true;
    }

    private static bool TryParseLength(ReadOnlySpan<char> text, int most, out int length)
    {
        length = 0;
        return text.Length is > 0 and <= 3
            && text.IndexOfAnyExceptInRange('0', '9') < 0
            && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, out length)
            && length <= most;
    }

    private static IPAddress Mask(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
