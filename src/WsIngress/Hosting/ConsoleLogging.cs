using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using WsIngress.Cli;

namespace WsIngress.Hosting;

/// <summary>The program's own log, on standard error: standard output belongs to results and to the access log.</summary>
internal static class ConsoleLogging
{
    public static ILoggerFactory Create(LogLevel level, LogFormat format) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(level);

        // The frameworks below tell their own story of every connection; only their warnings concern an operator.
        builder.AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
        builder.AddFilter("Yarp", LogLevel.Error);
        builder.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        if (format == LogFormat.Json)
        {
            builder.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            builder.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.TimestampFormat = "HH:mm:ss ";
                options.ColorBehavior = LoggerColorBehavior.Default;
            });
        }
    });
}
