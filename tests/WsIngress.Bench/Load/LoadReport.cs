using System.Text.Json;

namespace WsIngress.Bench.Load;

/// <summary>What a load process saw, one line of JSON on its standard output.</summary>
internal sealed class LoadReport
{
    /// <summary>Sockets that the client never got open.</summary>
    public int Failed { get; set; }

    /// <summary>Sockets that ended under the client's hands, and messages without an answer.</summary>
    public int Lost { get; set; }

    /// <summary>Answers that were not what was sent, and totals that do not agree with the pod's.</summary>
    public int Wrong { get; set; }

    public long Messages { get; set; }

    public long Bytes { get; set; }

    /// <summary>From the first byte to the last.</summary>
    public double Seconds { get; set; }

    /// <summary>CPU of the client's process over that time, in microseconds, by its own clock: compiling and reporting are not in it.</summary>
    public double Cpu { get; set; }

    public double P50 { get; set; }

    public double P99 { get; set; }

    /// <summary>TLS handshakes that went on from a ticket.</summary>
    public int Resumed { get; set; }

    /// <summary>The first thing that went wrong, in words.</summary>
    public string? Trouble { get; set; }

    public void Note(string trouble) => Trouble ??= trouble;

    public string ToJson() => JsonSerializer.Serialize(this);

    public static LoadReport Parse(string json) => JsonSerializer.Deserialize<LoadReport>(json) ?? throw new FormatException(json);
}
