using System.Buffers;

namespace WsIngress.ApiServer;

/// <summary>A labelSelector: <c>a=b</c>, <c>a==b</c>, <c>a!=b</c>, <c>a</c>, <c>!a</c>, <c>a in (b,c)</c>, <c>a notin (b,c)</c>.</summary>
internal sealed class LabelSelector
{
    private static readonly SearchValues<char> NotInKeys = SearchValues.Create(" ()=!,");

    private readonly List<Term> _terms = [];

    private LabelSelector()
    {
    }

    public bool IsEmpty => _terms.Count == 0;

    /// <exception cref="ApiFailure">400: not a selector.</exception>
    public static LabelSelector Parse(string text)
    {
        var selector = new LabelSelector();
        foreach (var part in SplitOutside(text))
        {
            selector._terms.Add(ParseTerm(part.Trim(), text));
        }

        return selector;
    }

    public bool Matches(StoredObject stored) => _terms.TrueForAll(t => t.Matches((string?)stored.Metadata["labels"]?[t.Key]));

    private static IEnumerable<string> SplitOutside(string text)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        if (text.Trim().Length > 0)
        {
            yield return text[start..];
        }
    }

    private static Term ParseTerm(string term, string whole)
    {
        foreach (var (word, wanted) in new[] { (" notin ", false), (" in ", true) })
        {
            if (term.Split(word, 2) is [var key, var set] && set.Trim() is ['(', .. var inner, ')'])
            {
                return new Term(key.Trim(), [.. inner.Split(',').Select(v => v.Trim())], wanted, MatchesAbsent: !wanted);
            }
        }

        var parsed = term switch
        {
            _ when term.Split("!=", 2) is [var k, var v] => new Term(k.Trim(), [v.Trim()], false, MatchesAbsent: true),
            _ when term.Split("==", 2) is [var k, var v] => new Term(k.Trim(), [v.Trim()], true, MatchesAbsent: false),
            _ when term.Split('=', 2) is [var k, var v] => new Term(k.Trim(), [v.Trim()], true, MatchesAbsent: false),
            _ when term.StartsWith('!') => new Term(term[1..].Trim(), [], true, MatchesAbsent: true),
            _ => new Term(term, [], false, MatchesAbsent: false),
        };
        if (parsed.Key.Length == 0 || parsed.Key.AsSpan().IndexOfAny(NotInKeys) >= 0)
        {
            throw ApiFailure.BadRequest($"unable to parse requirement: found '{term}' in \"{whole}\", expected: a label selector");
        }

        return parsed;
    }

    /// <summary>An absent label matches by <c>MatchesAbsent</c>, a present one when being among the values equals <c>Wanted</c>.</summary>
    private sealed record Term(string Key, string[] Values, bool Wanted, bool MatchesAbsent)
    {
        public bool Matches(string? value) => value is null ? MatchesAbsent : Values.Contains(value) == Wanted;
    }
}
