using System.Text;

namespace WsIngress.Tests.Relay.Support;

/// <summary>A frame as the tests' own parser sees it, payload unmasked.</summary>
internal sealed record ParsedFrame(bool Fin, int Rsv, int Opcode, bool Masked, byte[] Payload)
{
    public bool IsClose => Opcode == 8;

    public ushort? CloseCode => Payload.Length >= 2 ? (ushort)((Payload[0] << 8) | Payload[1]) : null;

    public string CloseReason => Payload.Length > 2 ? Encoding.UTF8.GetString(Payload, 2, Payload.Length - 2) : "";

    public string Text => Encoding.UTF8.GetString(Payload);
}
