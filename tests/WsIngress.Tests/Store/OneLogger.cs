using Microsoft.Extensions.Logging;

namespace WsIngress.Tests.Store;

/// <summary>All categories in one log.</summary>
internal sealed class OneLogger(ILogger logger) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => logger;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
