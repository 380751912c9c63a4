using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;
using WsIngress.Routing;

namespace WsIngress.Translation.Annotations;

/// <summary>Parsed values as an author would write them: <c>1h30m</c>, <c>64Mi</c>, <c>least-connections</c>, <c>on</c>.</summary>
internal static class ValueText
{
    /// <summary>Switches have two words each, which stand in what is allowed: the one that says yes first.</summary>
    public static string Of(Annotation annotation, object value) => value is bool isOn ? annotation.Allowed.Split('`') is [_, var yes, _, var no, _] ? isOn ? yes : no : "" : Of(value);

    private static string Of(object value) => value switch
    {
        string text => text,
        TimeSpan span => DurationText.Format(span),
        long size => SizeText.Format(size),
        double rate => RateText.Format(rate),
        Enum word => Kebab(word.ToString()),
        HashKey { Name.Length: > 0 } key => $"{Kebab(key.Source.ToString())}:{key.Name}",
        HashKey key => Kebab(key.Source.ToString()),
        IPNetwork network => network.ToString(),
        IEnumerable list => string.Join(",", list.Cast<object>().Select(Of)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Kebab(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
