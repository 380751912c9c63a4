namespace WsIngress.ApiServer;

/// <summary>The ways in which servers say that a version is too old.</summary>
public enum GoneForm
{
    /// <summary>HTTP 410 on LIST and WATCH.</summary>
    Response,

    /// <summary>HTTP 200 and an ERROR event with reason Expired, as the server itself does.</summary>
    StreamExpired,

    /// <summary>HTTP 200 and an ERROR event with reason Gone, as older servers did.</summary>
    StreamGone,
}
