namespace WsIngress.Relay;

/// <summary>The frame types of RFC 6455 §5.2. Values 3-7 and 11-15 are reserved and end the socket with protocol-error.</summary>
public enum FrameOpcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
