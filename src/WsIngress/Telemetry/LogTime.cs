using System.Globalization;

namespace WsIngress.Telemetry;

/// <summary>Moments as the access log writes them: <c>2026-01-31T23:59:59.123Z</c>. A thread formats all of one once a second, and the thousandths alone in between.</summary>
internal static class LogTime
{
    private const int Length = 24;
    private const int Thousandths = 20;

    [ThreadStatic]
    private static char[]? _text;

    [ThreadStatic]
    private static long _second;

    /// <summary>Good until the next call of this thread.</summary>
    public static ReadOnlySpan<char> Text(DateTimeOffset moment)
    {
        var second = moment.UtcTicks / TimeSpan.TicksPerSecond;
        if (_text is not { } text || second != _second)
        {
            text = _text ??= new char[Length];
            moment.ToUniversalTime().TryFormat(text, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            _second = second;
            return text;
        }

        var thousandths = (int)(moment.UtcTicks / TimeSpan.TicksPerMillisecond % 1000);
        text[Thousandths] = (char)('0' + (thousandths / 100));
        text[Thousandths + 1] = (char)('0' + (thousandths / 10 % 10));
        text[Thousandths + 2] = (char)('0' + (thousandths % 10));
        return text;
    }
}
