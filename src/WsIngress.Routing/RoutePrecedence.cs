namespace WsIngress.Routing;

/// <summary>
/// The order in which the routes of one host are tried: Exact before the rest; then the longer path; at equal length a regex
/// before a prefix; then more conditions (method, headers, query); then the text of the path, so that the order is total.
/// </summary>
public sealed class RoutePrecedence : IComparer<Route>
{
    public static readonly RoutePrecedence Instance = new();

    public int Compare(Route? x, Route? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var order = (y.Path.Kind == PathMatchKind.Exact).CompareTo(x.Path.Kind == PathMatchKind.Exact);
        if (order == 0)
        {
            order = y.Path.Value.Length.CompareTo(x.Path.Value.Length);
        }

        if (order == 0)
        {
            order = (y.Path.Kind == PathMatchKind.Regex).CompareTo(x.Path.Kind == PathMatchKind.Regex);
        }

        if (order == 0)
        {
            order = (y.Methods.Length > 0).CompareTo(x.Methods.Length > 0);
        }

        if (order == 0)
        {
            order = y.Headers.Length.CompareTo(x.Headers.Length);
        }

        if (order == 0)
        {
            order = y.Query.Length.CompareTo(x.Query.Length);
        }

        return order != 0 ? order : string.CompareOrdinal(x.Path.Value, y.Path.Value);
    }
}
