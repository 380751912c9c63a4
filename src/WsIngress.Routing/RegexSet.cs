using System.Text.RegularExpressions;

namespace WsIngress.Routing;

/// <summary>
/// The regexes of a table, each compiled once; the tables after it go on with the same set. The non-backtracking engine runs in linear
/// time, so that no pattern of one author stalls the requests of another; the timeouts of one pattern and of all for one request are a second line of defence.
/// </summary>
internal sealed class RegexSet(RegexSet? previous)
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>Patterns that nobody may have any more and that are kept all the same.</summary>
    private const int MostLeft = 1_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Milliseconds for all the regexes that one request is asked of.</summary>
    private const int MostForRequest = 200;

    /// <summary>When the request in hand has to be decided; 0: no regex was asked yet.</summary>
    [ThreadStatic]
    private static long _until;

    private readonly Dictionary<string, Regex> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Regex> _values = new(StringComparer.Ordinal);
    private RegexSet? _previous = previous;

    /// <summary>Patterns of hosts that are gone; another host may have the same.</summary>
    private int _left;

    /// <summary>Anchored at the start only, as in every ingress controller that offers regex paths.</summary>
    public Regex Path(string pattern) => Get(_paths, _previous?._paths, pattern, @"\A(?:" + pattern + ")");

    /// <summary>Must match the whole value.</summary>
    public Regex Value(string pattern) => Get(_values, _previous?._values, pattern, @"\A(?:" + pattern + @")\z");

    /// <summary>Counts what hosts that are gone had; true when a set of what is left is due.</summary>
    public bool Drop(List<VirtualHost> gone)
    {
        foreach (var host in gone)
        {
            foreach (var route in host.Routes)
            {
                _left += (route.Path.Kind == PathMatchKind.Regex ? 1 : 0) + route.Headers.Length + route.Query.Length;
            }
        }

        return _left > MostLeft;
    }

    /// <summary>Takes over what this route has.</summary>
    public void Keep(Route route)
    {
        if (route.Path.Kind == PathMatchKind.Regex)
        {
            Path(route.Path.Value);
        }

        foreach (var match in route.Headers.Concat(route.Query).Where(match => match.IsRegex))
        {
            Value(match.Value);
        }
    }

    /// <summary>Lets go of the set before, once this one is complete.</summary>
    public void Seal() => _previous = null;

    /// <summary>Another request begins on this thread.</summary>
    public static void Begin() => _until = 0;

    /// <exception cref="RegexMatchTimeoutException">Nobody knows. To go on with the next route would be a way around the guards of this one.</exception>
    public static bool IsMatch(Regex regex, ReadOnlySpan<char> text)
    {
        var now = Environment.TickCount64;
        if (_until == 0)
        {
            _until = now + MostForRequest;
        }
        else if (now > _until)
        {
            throw new RegexMatchTimeoutException();
        }

        return regex.IsMatch(text);
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
