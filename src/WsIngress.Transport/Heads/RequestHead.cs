namespace WsIngress.Transport.Heads;

/// <summary>What the first bytes of a connection, or of what follows a request on it, are.</summary>
internal enum HeadKind
{
    /// <summary>Neither of those below, or too unusual to say: the HTTP server reads these bytes as if nobody had looked at them.</summary>
    Other,

    /// <summary>May become one of those below with more bytes. To give it to the HTTP server is right as well.</summary>
    Incomplete,

    /// <summary>A complete head that asks for a WebSocket and that the HTTP server would have taken as it was taken here.</summary>
    Upgrade,

    /// <summary>
    /// A complete head of a request without a body, by a method that changes nothing (RFC 9110 §9.2.1), whose connection is to go on; the HTTP server would have taken it as the same.
    /// </summary>
    Plain,
}

/// <summary>One header line. The name is spelt as the HTTP server spells it, the value is Latin-1 without the space around it.</summary>
internal readonly record struct HeadLine(string Name, string Value);

/// <summary>The head of an HTTP/1.1 request, with every check behind it that the HTTP server makes.</summary>
internal sealed class RequestHead
{
    /// <summary><c>GET</c>, <c>HEAD</c> or <c>OPTIONS</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The request target as sent, in origin form.</summary>
    public required string Target { get; init; }

    /// <summary>The value of the one Host line; never empty.</summary>
    public required string Host { get; init; }

    /// <summary>All lines in the order they came, Host among them.</summary>
    public required HeadLine[] Lines { get; init; }
}

/// <summary>The HTTP server's bounds, which are the same here.</summary>
/// <param name="RequestLine">Longest request line with its end.</param>
/// <param name="HeaderBytes">Largest total of header lines.</param>
/// <param name="Headers">Most header lines.</param>
internal readonly record struct HeadLimits(int RequestLine, int HeaderBytes, int Headers);
