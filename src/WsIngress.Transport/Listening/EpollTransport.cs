using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using WsIngress.Transport.Kestrel;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Listening;

/// <summary>The epoll transport as Kestrel's connection listener factory: TCP end points, and <see cref="TlsEndPoint"/> with TLS ended here.</summary>
internal sealed class EpollTransport(LoopGroup loops, EpollOptions options, IMemoryPoolFactory<byte> pools, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly HttpPipes _pipes = new(pools.Create(new MemoryPoolOptions { Owner = "WsIngress" }), options.MaxPending);
    private readonly ILogger _logger = loggers.CreateLogger("WsIngress.Transport");

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new EpollListener((IPEndPoint)endpoint, loops, options, _pipes, _logger));
}
