using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WsIngress.Proxy;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Listening;
using WsIngress.Transport.Heads;

namespace WsIngress.Tests.Transport.Heads;

/// <summary>
/// Kestrel itself as the oracle: set up as the product sets it up, over pipes in memory, one connection per question. Its application takes a
/// handshake out of ASP.NET's types with the product's own code, upgrades, and reads what follows to its end.
/// </summary>
internal sealed class KestrelHeads : IHttpApplication<DefaultHttpContext>, IConnectionListenerFactory, IAsyncDisposable
{
    public static readonly IPAddress Peer = IPAddress.Parse("192.0.2.7");

    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();
    private readonly WebApplication _host;
    private readonly IServer _server;
    private int _lastId;

    private KestrelHeads(ProxyOptions options, int maxHeaders)
    {
        Limits = new HeadLimits(options.MaxRequestLine, options.MaxHeaderBytes, maxHeaders);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            ServerLimits.Apply(kestrel.Limits, options);
            kestrel.Limits.MaxRequestHeaderCount = maxHeaders;
            kestrel.Listen(IPAddress.Loopback, 1, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton<IConnectionListenerFactory>(this);
        _host = builder.Build();
        _server = _host.Services.GetRequiredService<IServer>();
    }

    public HeadLimits Limits { get; }

    public static Task<KestrelHeads> StartAsync() => StartAsync(new ProxyOptions(), ServerLimits.MaxHeaders);

    /// <summary>With bounds that a generated head reaches often.</summary>
    public static Task<KestrelHeads> StartTightAsync() => StartAsync(new ProxyOptions { MaxRequestLine = 64, MaxHeaderBytes = 420 }, 12);

    private static async Task<KestrelHeads> StartAsync(ProxyOptions options, int maxHeaders)
    {
        var kestrel = new KestrelHeads(options, maxHeaders);
        await kestrel._server.StartAsync(kestrel, CancellationToken.None);
        return kestrel;
    }

    /// <summary>What Kestrel makes of a connection that sends these bytes and ends.</summary>
    /// <param name="bytes">All the bytes.</param>
    /// <param name="segment">Size of the pieces in which its parser meets them; 0 for one piece.</param>
    public async Task<KestrelVerdict> AskAsync(byte[] bytes, int segment = 0)
    {
        var verdict = new KestrelVerdict();
        await using var connection = new PipeConnection($"c{Interlocked.Increment(ref _lastId)}", verdict, segment);
        await _connections.Writer.WriteAsync(connection);
        await connection.SendAsync(bytes);
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        verdict.Answer = await connection.ReadAnswerAsync();
        return verdict;
    }

    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures) => new(contextFeatures);

    public void DisposeContext(DefaultHttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(DefaultHttpContext context)
    {
        var verdict = context.Features.GetRequiredFeature<KestrelVerdict>();
        if (verdict.WasGiven)
        {
            return;
        }

        verdict.WasGiven = true;
        verdict.Method = context.Request.Method;
        verdict.Kind = WebSocketRequest.IsUpgrade(context);
        verdict.CanHaveBody = context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody;
        verdict.Request = WebSocketRequest.Read(context, WebSocketKind.Upgrade);
        if (verdict.Kind == WebSocketKind.Upgrade && context.Features.GetRequiredFeature<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            using var rest = new MemoryStream();
            await using var stream = await upgrade.UpgradeAsync();
            await stream.CopyToAsync(rest);
            verdict.Rest = rest.ToArray();
        }
    }

    ValueTask<IConnectionListener> IConnectionListenerFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(endpoint, _connections));

    public async ValueTask DisposeAsync()
    {
        _connections.Writer.Complete();
        await _server.StopAsync(CancellationToken.None);
        await _host.DisposeAsync();
    }

    private sealed class Listener(EndPoint endPoint, Channel<ConnectionContext> connections) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await connections.Reader.WaitToReadAsync(cancellationToken) && connections.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            connections.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A connection whose other end is the test; it has ended when Kestrel disposes it.</summary>
    private sealed class PipeConnection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Pipe _toServer;
        private readonly Pipe _fromServer = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        private readonly int _segment;

        public PipeConnection(string id, KestrelVerdict verdict, int segment)
            : base(id)
        {
            _segment = segment;
            _toServer = new Pipe(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: segment == 0 ? 128 * 1024 : segment, useSynchronizationContext: false));
            Transport = new Ends(_toServer.Reader, _fromServer.Writer);
            RemoteEndPoint = new IPEndPoint(Peer, 4321);
            Features.Set(verdict);
        }

        public Task Ended => _ended.Task;

        public async Task SendAsync(byte[] bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                var piece = _toServer.Writer.GetMemory(_segment == 0 ? bytes.Length : 1);
                int count = Math.Min(_segment == 0 ? piece.Length : Math.Min(piece.Length, _segment), bytes.Length - at);
                bytes.AsMemory(at, count).CopyTo(piece);
                _toServer.Writer.Advance(count);
                at += count;
            }

            await _toServer.Writer.CompleteAsync();
        }

        public async Task<string> ReadAnswerAsync()
        {
            await _fromServer.Writer.CompleteAsync();
            var read = await _fromServer.Reader.ReadAsync();
            return Encoding.Latin1.GetString(read.Buffer);
        }

        public override void Abort(ConnectionAbortedException abortReason) => _ended.TrySetResult();

        public override ValueTask DisposeAsync()
        {
            _ended.TrySetResult();
            return base.DisposeAsync();
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>What Kestrel made of the first bytes of a connection.</summary>
internal sealed class KestrelVerdict
{
    /// <summary>The application was given a request.</summary>
    public bool WasGiven { get; set; }

    public string? Method { get; set; }

    /// <summary>A body follows, or may.</summary>
    public bool CanHaveBody { get; set; }

    /// <summary>As the product tells a WebSocket from other requests.</summary>
    public WebSocketKind? Kind { get; set; }

    /// <summary>The first request as the product takes it out of ASP.NET's types, whatever its kind.</summary>
    public HandshakeRequest? Request { get; set; }

    /// <summary>What followed the head of an upgrade; null when Kestrel would not upgrade.</summary>
    public byte[]? Rest { get; set; }

    /// <summary>All that Kestrel sent.</summary>
    public string Answer { get; set; } = "";

    public bool TookUpgrade => Kind == WebSocketKind.Upgrade && Rest is not null;
}
