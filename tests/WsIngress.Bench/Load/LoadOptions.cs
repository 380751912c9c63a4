using System.Globalization;

namespace WsIngress.Bench.Load;

/// <summary>What one load process does, as its command line says it.</summary>
internal sealed record LoadOptions
{
    /// <summary>Dials under way at a time.</summary>
    public const int InFlight = 64;

    /// <summary>Of a client with 20,000 files.</summary>
    public const int MaxSockets = 19_000;

    /// <summary>`echo`, `answer`, `rate`, `up`, `down`, `hold`, `handshakes`, or `goodbyes`: handshakes that end as browsers end them, by Close frames.</summary>
    public required string Mode { get; init; }

    public required int Port { get; init; }

    public string Host { get; init; } = "bench.local";

    public int Sockets { get; init; } = 100;

    public int Payload { get; init; } = 64;

    public double Seconds { get; init; } = 3;

    /// <summary>Ends `echo` before the time is over; 0 does not.</summary>
    public int Messages { get; init; }

    /// <summary>Messages per second of `rate`, all sockets together.</summary>
    public int Rate { get; init; } = 10_000;

    public bool Tls { get; init; }

    /// <summary>Later TLS handshakes offer the ticket of the first.</summary>
    public bool Resume { get; init; }

    /// <summary>Sockets that come and go, and say nothing meanwhile.</summary>
    public bool IsCrowd => Mode is "handshakes" or "goodbyes";

    /// <summary>Where the pod finds what is expected of it.</summary>
    public string Path => Mode switch { "up" => "/sink", "down" => $"/source/{Payload}", _ => "/echo" };

    public IEnumerable<string> ToArguments() =>
    [
        Mode, $"{Port}", Host, $"{Sockets}", $"{Payload}", Seconds.ToString(CultureInfo.InvariantCulture), $"{Rate}", Tls ? "tls" : "plain", Resume ? "resume" : "full", $"{Messages}",
    ];

    public static LoadOptions Parse(string[] arguments)
    {
        if (arguments is not [var mode, var port, var host, var sockets, var payload, var seconds, var rate, var tls, var resume, var messages])
        {
            throw new FormatException("usage: bench-load MODE PORT HOST SOCKETS PAYLOAD SECONDS RATE tls|plain resume|full MESSAGES");
        }

        return new()
        {
            Mode = mode,
            Port = Whole(port, 65_535),
            Host = host,
            Sockets = Whole(sockets, MaxSockets),
            Payload = Whole(payload, 4 << 20),
            Seconds = double.Clamp(double.Parse(seconds, CultureInfo.InvariantCulture), 0, 3_600),
            Rate = Whole(rate, 1_000_000),
            Tls = tls == "tls",
            Resume = resume == "resume",
            Messages = int.Parse(messages, CultureInfo.InvariantCulture),
        };
    }

    private static int Whole(string text, int most) =>
        int.Parse(text, CultureInfo.InvariantCulture) is var value && value >= 1 && value <= most ? value : throw new FormatException($"'{text}': allowed: 1 to {most}");
}
