namespace WsIngress.Relay;

/// <summary>Who ended a socket. None only while it is open.</summary>
public enum RelaySide : byte
{
    None,
    Client,
    Backend,

    /// <summary>This proxy: a rule of the route, an operator, a shutdown.</summary>
    Proxy,
}
