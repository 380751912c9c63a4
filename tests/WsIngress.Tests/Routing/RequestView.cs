using WsIngress.Routing;

namespace WsIngress.Tests.Routing;

/// <summary>A request made of dictionaries.</summary>
internal readonly struct RequestView(string method = "GET", Dictionary<string, string>? headers = null, Dictionary<string, string>? query = null) : IRequestView
{
    public ReadOnlySpan<char> Method => method;

    public bool TryGetHeader(string name, out ReadOnlySpan<char> value) => TryGet(headers, name, out value);

    public bool TryGetQuery(string name, out ReadOnlySpan<char> value) => TryGet(query, name, out value);

    private static bool TryGet(Dictionary<string, string>? values, string name, out ReadOnlySpan<char> value)
    {
        string? found = null;
        values?.TryGetValue(name, out found);
        value = found;
        return found is not null;
    }
}
