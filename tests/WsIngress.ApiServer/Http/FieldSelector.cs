namespace WsIngress.ApiServer;

/// <summary>A fieldSelector: terms <c>field=value</c>, <c>field==value</c>, <c>field!=value</c>, joined by commas.</summary>
internal sealed class FieldSelector
{
    private readonly List<(string Field, bool Equal, string Value)> _terms = [];

    private FieldSelector()
    {
    }

    public bool IsEmpty => _terms.Count == 0;

    /// <exception cref="ApiFailure">400: a field that the kind does not offer, or no term.</exception>
    public static FieldSelector Parse(ResourceKind kind, string text)
    {
        var selector = new FieldSelector();
        foreach (var term in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = term.IndexOf('=');
            if (at <= 0)
            {
                throw ApiFailure.BadRequest($"invalid field selector: \"{text}\"; can't understand \"{term}\"");
            }

            var equal = term[at - 1] != '!';
            var field = equal ? term[..at] : term[..(at - 1)];
            var value = term[(at + 1)..];
            if (!kind.FieldSelectors.Contains(field))
            {
                throw ApiFailure.BadRequest($"\"{field}\" is not a known field selector: only {string.Join(", ", kind.FieldSelectors.Select(f => $"\"{f}\""))}");
            }

            selector._terms.Add((field, equal, value.StartsWith('=') ? value[1..] : value));
        }

        return selector;
    }

    public bool Matches(StoredObject stored) => _terms.All(t => (ValueOf(stored, t.Field) == t.Value) == t.Equal);

    private static string ValueOf(StoredObject stored, string field) => field switch
    {
        "metadata.name" => stored.Name,
        "metadata.namespace" => stored.Namespace,
        _ => (string?)stored.Json[field] ?? "",
    };
}
