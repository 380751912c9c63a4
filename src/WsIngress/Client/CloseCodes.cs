namespace WsIngress.Client;

/// <summary>Names of Close codes (RFC 6455 section 7.4.1 and the registry it founds).</summary>
internal static class CloseCodes
{
    public const int Lost = 1006;

    public static string Name(int code) => code switch
    {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        Lost => "connection lost without a Close frame",
        1007 => "invalid payload",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension missing",
        1011 => "server error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        >= 4000 and <= 4999 => "application code",
        _ => "unnamed code",
    };

    /// <summary>An ending that a script may count as success: done or going away (a Close without a code is read as 1000).</summary>
    public static bool IsNormal(int code) => code is 1000 or 1001;
}
