using Microsoft.AspNetCore.Http;
using WsIngress.Routing;

namespace WsIngress.Admin;

/// <summary>Whose routes are meant. What is null holds for all.</summary>
/// <param name="Host">As the table has it, in any case: <c>chat.example.com</c>, <c>*.example.com</c>.</param>
/// <param name="Ingress"><c>NAME</c> or <c>NAMESPACE/NAME</c>.</param>
/// <param name="Namespace">Of the Ingress.</param>
internal sealed record EffectiveFilter(string? Host, string? Ingress, string? Namespace)
{
    public static EffectiveFilter Read(IQueryCollection query)
    {
        string? Value(string name) => query[name] is [{ Length: > 0 } value] ? value : null;
        return new(Value("host"), Value("ingress"), Value("namespace"));
    }

    public bool Matches(string host, RouteOwner owner) =>
        (Host is null || host.Equals(Host, StringComparison.OrdinalIgnoreCase))
        && (Namespace is null || owner.Namespace == Namespace)
        && (Ingress is null || (Ingress.Contains('/', StringComparison.Ordinal) ? owner.ToString() : owner.Name) == Ingress);
}
