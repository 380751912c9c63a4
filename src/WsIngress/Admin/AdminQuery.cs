using Microsoft.AspNetCore.Http;

namespace WsIngress.Admin;

/// <summary>
/// The query of a call that picks or ends sockets. A filter that is misspelt, repeated or empty (<c>--namespace "$UNSET"</c>) would be no filter, and the call
/// would be about more sockets than its author meant.
/// </summary>
internal static class AdminQuery
{
    /// <exception cref="FormatException">A name that the call does not know, or one that has not exactly one value.</exception>
    public static void Check(IQueryCollection query, params IEnumerable<string> names)
    {
        foreach (var (name, values) in query)
        {
            if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new FormatException($"{name}: not known here; allowed: {string.Join(", ", names)}");
            }

            if (values is not [{ Length: > 0 }])
            {
                throw new FormatException($"{name}: '{values}' cannot be used; allowed: one value that is not empty");
            }
        }
    }
}
