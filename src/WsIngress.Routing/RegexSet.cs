using System.Text.RegularExpressions;

namespace WsIngress.Routing;

/// <summary>
/// The regexes of one table, each compiled once and taken over by the next table. The non-backtracking engine runs in linear
/// time, so that no pattern of one author stalls the requests of another; the timeout is a second line of defence.
/// </summary>
internal sealed class RegexSet(RegexSet? previous)
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<string, Regex> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Regex> _values = new(StringComparer.Ordinal);
    private RegexSet? _previous = previous;

    /// <summary>Anchored at the start only, as in every ingress controller that offers regex paths.</summary>
    public Regex Path(string pattern) => Get(_paths, _previous?._paths, pattern, @"\A(?:" + pattern + ")");

    /// <summary>Must match the whole value.</summary>
    public Regex Value(string pattern) => Get(_values, _previous?._values, pattern, @"\A(?:" + pattern + @")\z");

    /// <summary>Lets go of the table before, once this one is complete.</summary>
    public void Seal() => _previous = null;

    public static bool IsMatch(Regex regex, ReadOnlySpan<char> text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static Regex Get(Dictionary<string, Regex> own, Dictionary<string, Regex>? before, string pattern, string anchored)
    {
        if (!own.TryGetValue(pattern, out var regex))
        {
            regex = before is not null && before.TryGetValue(pattern, out var known) ? known : new Regex(anchored, Options, Timeout);
            own.Add(pattern, regex);
        }

        return regex;
    }
}
