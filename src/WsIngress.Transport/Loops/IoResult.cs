namespace WsIngress.Transport.Loops;

/// <summary>
/// What a read or write without waiting came to: a count of bytes above zero, or one of these. The same for plain sockets and TLS.
/// </summary>
internal static class IoResult
{
    /// <summary>The peer has ended its half; of a read only.</summary>
    public const int End = 0;

    /// <summary>Nothing moved; try again when the socket is readable.</summary>
    public const int WantRead = -1;

    /// <summary>Nothing moved; try again when the socket is writable.</summary>
    public const int WantWrite = -2;

    /// <summary>The connection is broken.</summary>
    public const int Failed = -3;
}
