namespace WsIngress.ApiServer;

/// <summary>One request that the server answered, or is answering (a watch has its status once it streams).</summary>
public sealed class RequestRecord
{
    internal RequestRecord(string protocol, string method, string path, string query, string userAgent, string? token)
    {
        Protocol = protocol;
        Method = method;
        Path = path;
        Query = query;
        UserAgent = userAgent;
        Token = token;
    }

    /// <summary>HTTP/1.1 or HTTP/2.</summary>
    public string Protocol { get; }

    public string Method { get; }

    public string Path { get; }

    /// <summary>Without the question mark; as sent.</summary>
    public string Query { get; }

    public string UserAgent { get; }

    /// <summary>The bearer token, or null.</summary>
    public string? Token { get; }

    /// <summary>Verb of RBAC: get, list, watch, create, update, patch, delete; empty outside resources.</summary>
    public string Verb { get; internal set; } = "";

    /// <summary>Plural of the kind; empty outside resources.</summary>
    public string Kind { get; internal set; } = "";

    /// <summary>The body of a write; empty otherwise.</summary>
    public string Body { get; internal set; } = "";

    /// <summary>HTTP status; 0 while it is not known.</summary>
    public int Status { get; internal set; }

    public override string ToString() => $"{Method} {Path}{(Query.Length > 0 ? "?" : "")}{Query} -> {Status}";
}
