using System.Globalization;
using System.Text.RegularExpressions;

namespace WsIngress.Manifests;

/// <summary>
/// The type of a plain YAML scalar as kubectl has it (YAML 1.1): besides true and false also yes, no, on, off, y and n are booleans;
/// numbers may be hexadecimal, octal or binary; a date stays text. We follow it so that a manifest accepted here is accepted by a cluster too.
/// </summary>
internal static partial class YamlScalar
{
    public static NodeType TypeOf(string text)
    {
        if (text.Length > 64)
        {
            return NodeType.Text;
        }

        if (IsNull(text))
        {
            return NodeType.Null;
        }

        if (TryBoolean(text, out _))
        {
            return NodeType.Boolean;
        }

        if (!(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
        {
            return NodeType.Text;
        }

        return TryInteger(text, out _) ? NodeType.Integer : IsFloat(text) ? NodeType.Float : NodeType.Text;
    }

    public static bool IsNull(string text) => text is "" or "~" or "null" or "Null" or "NULL";

    public static bool TryBoolean(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y";
        return value || text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N";
    }

    /// <summary>False also for a number outside of 64 bits.</summary>
    public static bool TryInteger(string text, out long value)
    {
        value = 0;
        var digits = text.Replace("_", "", StringComparison.Ordinal).AsSpan();
        var negative = digits.Length > 0 && digits[0] == '-';
        if (digits.Length > 0 && digits[0] is '+' or '-')
        {
            digits = digits[1..];
        }

        if (digits.Length == 0 || !char.IsAsciiDigit(digits[0]))
        {
            return false;
        }

        if (!TryMagnitude(digits, out var magnitude) || magnitude > long.MaxValue)
        {
            return false;
        }

        value = negative ? -(long)magnitude : (long)magnitude;
        return true;
    }

    public static bool IsFloat(string text) => FloatForm().IsMatch(text) || text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF" || text is ".nan" or ".NaN" or ".NAN";

    private static bool TryMagnitude(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        if (digits.Length == 1 || digits[0] != '0')
        {
            return ulong.TryParse(digits, NumberStyles.None, null, out value);
        }

        return (digits[1] | 0x20) switch
        {
            'x' => ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, null, out value),
            'b' => ulong.TryParse(digits[2..], NumberStyles.AllowBinarySpecifier, null, out value),
            'o' => TryOctal(digits[2..], out value),
            _ => TryOctal(digits[1..], out value),
        };
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7' || value >> 60 != 0)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return digits.Length > 0;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatForm();
}
