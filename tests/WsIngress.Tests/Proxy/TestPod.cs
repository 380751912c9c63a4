using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Endpoint = WsIngress.Routing.Endpoint;

namespace WsIngress.Tests.Proxy;

/// <summary>A pod on a real port: echoes WebSockets and tells about plain requests, or does what a test asks.</summary>
internal sealed class TestPod : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestPod(WebApplication app, string name)
    {
        _app = app;
        Name = name;
        Port = new Uri(app.Urls.First()).Port;
    }

    public string Name { get; }

    public int Port { get; }

    public Endpoint Endpoint => new() { Address = "127.0.0.1", Port = Port, PodUid = "uid-" + Name, PodName = Name };

    public static async Task<TestPod> StartAsync(string name = "pod-a", RequestDelegate? handler = null, X509Certificate2? certificate = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = protocols;
            if (certificate is not null)
            {
                l.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(handler ?? (http => EchoAsync(http, name)));
        await app.StartAsync();
        return new TestPod(app, name);
    }

    public static async Task EchoAsync(HttpContext http, string name)
    {
        http.Response.Headers["X-Pod-Name"] = name;
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers["X-Seen-Target"] = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            foreach (var (header, value) in http.Request.Headers)
            {
                http.Response.Headers["X-Seen-" + header.TrimStart(':')] = value;
            }

            await http.Request.Body.CopyToAsync(http.Response.Body);
            return;
        }

        http.Response.Headers["X-Seen-Target"] = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        http.Response.Headers["X-Seen-Forwarded"] = http.Request.Headers["X-Forwarded-For"] + "|" + http.Request.Headers["X-Forwarded-Proto"] + "|" + http.Request.Host;
        var protocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault();
        using var socket = await http.WebSockets.AcceptWebSocketAsync(protocol);
        await EchoAsync(socket);
    }

    public static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[16384];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(result.CloseStatus ?? WebSocketCloseStatus.Empty, result.CloseStatusDescription, CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = new CancellationTokenSource(0);
        await _app.StopAsync(stop.Token);
        await _app.DisposeAsync();
    }
}
