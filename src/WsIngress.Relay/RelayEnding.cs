using System.Text;

namespace WsIngress.Relay;

/// <summary>A decision to end a session. The first one stands.</summary>
/// <param name="Outcome">Why.</param>
/// <param name="Side">Who.</param>
/// <param name="Reason">The reason of the Close frames that the relay sends; begins with the outcome's word.</param>
/// <param name="ClientCode">The code to the client if it is not the outcome's own.</param>
/// <param name="Detail">For the log alone.</param>
internal sealed record RelayEnding(RelayOutcome Outcome, RelaySide Side, string Reason, ushort? ClientCode = null, string? Detail = null)
{
    internal static RelayEnding Create(RelayOutcome outcome, RelaySide side, ushort? clientCode = null, string? words = null, string? detail = null)
    {
        string word = RelayOutcomes.Word(outcome);
        string reason = string.IsNullOrEmpty(words) ? word : Fit($"{word}: {words}");
        return new RelayEnding(outcome, side, reason, clientCode, detail ?? words);
    }

    /// <summary>The Close frame that the relay itself sends to a side.</summary>
    internal CloseStatus CloseTo(RelaySide receiver)
    {
        ushort code = RelayOutcomes.CloseCode(Outcome, Side, receiver);
        return new CloseStatus(receiver == RelaySide.Client ? ClientCode ?? code : code, Reason);
    }

    /// <summary>
    /// True if the relay itself closes this direction at its next frame boundary. If a side closed, its own Close passes and the answer is
    /// awaited. If a side was lost, only what it sent is at its end: the other direction runs on until its own source closes.
    /// </summary>
    internal bool Seals(RelaySide source)
    {
        return Outcome switch
        {
            RelayOutcome.ClientClosed or RelayOutcome.BackendClosed => false,
            RelayOutcome.ClientLost or RelayOutcome.BackendLost => source == Side,
            _ => true,
        };
    }

    private static string Fit(string reason)
    {
        if (Encoding.UTF8.GetByteCount(reason) <= FrameWriter.MaxReasonLength)
        {
            return reason;
        }

        Span<byte> bytes = stackalloc byte[FrameWriter.MaxReasonLength];
        Encoding.UTF8.GetEncoder().Convert(reason, bytes, flush: false, out int chars, out _, out _);
        return reason[..chars];
    }
}
