using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;
using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Hosting;
using WsIngress.Proxy;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Tests.Proxy;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>Start and end of the process, whatever feeds it.</summary>
public sealed class ServingHostTests
{
    [Fact]
    public async Task Work_beside_it_that_does_not_end_holds_up_no_end_past_the_deadline()
    {
        using var stop = new CancellationTokenSource();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = new ServingHost(Options(TimeSpan.FromMilliseconds(300)), TimeProvider.System, Stream.Null).RunAsync(
            _ => Feed(cancellation =>
            {
                cancellation.Register(asked.SetResult);
                return new TaskCompletionSource().Task;
            }),
            _ => ready.SetResult(),
            stop.Token);
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(20));

        await stop.CancelAsync();

        Assert.Equal(ExitCode.Done, await running.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(asked.Task.IsCompleted);
    }

    [Fact]
    public async Task It_is_not_ready_before_the_listeners_take_connections()
    {
        var sync = new SyncState();
        await using var plane = new DataPlane(new ProxyOptions { Http = new IPEndPoint(IPAddress.Loopback, 0), Https = null }, new RecordingTelemetry(), NullLoggerFactory.Instance, TimeProvider.System);
        await using var side = await SideServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance, app => MetricsEndpoints.Map(app, Metrics.NewCustomRegistry(), sync, plane), CancellationToken.None);
        using var client = TestProxy.Client();
        var readyz = new Uri($"http://{side.EndPoint}/readyz");
        Assert.Equal("waiting for the sources to start\n", await TextAsync(client, readyz, 503));

        sync.Update(status => status with { WaitingFor = null });
        Assert.Equal("waiting for the listeners to open\n", await TextAsync(client, readyz, 503));

        await plane.StartAsync(CancellationToken.None);
        Assert.Equal("ready\n", await TextAsync(client, readyz, 200));
    }

    [Fact]
    public async Task Connections_that_say_nothing_do_not_keep_the_probes_out_and_are_ended()
    {
        await using var side = await SideServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance, app => app.Run(http => http.Response.WriteAsync("here")), CancellationToken.None);
        var silent = new List<Socket>();
        try
        {
            for (var i = 0; i < 600; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                silent.Add(socket);
                await socket.ConnectAsync(side.EndPoint);
            }

            using var client = TestProxy.Client();
            Assert.Equal("here", await TextAsync(client, new Uri($"http://{side.EndPoint}/"), 200));
            Assert.Equal(0, await silent[0].ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(30)));
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<string> TextAsync(HttpClient client, Uri uri, int status)
    {
        using var answer = await client.GetAsync(uri);
        Assert.Equal(status, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static HostFeed Feed(Func<CancellationToken, Task> beside) => new()
    {
        Sources = [Delivered()],
        Translation = TranslationOptions.Default,
        Beside = beside,
        WriteOptions = _ => { },
    };

    private static FakeSource Delivered()
    {
        var source = new FakeSource();
        source.Deliver(new SourceBatch { Synced = true });
        return source;
    }

    private static ServerOptions Options(TimeSpan deadline) => new()
    {
        Http = ListenAddress.Loopback(0),
        Https = ListenAddress.Off,
        H2c = ListenAddress.Off,
        Metrics = ListenAddress.Off,
        Admin = ListenAddress.Off,
        IngressClass = "wsingress",
        TrustedProxies = [],
        ProxyProtocol = [],
        DisableExternalName = false,
        DrainWindow = TimeSpan.Zero,
        DrainDeadline = deadline,
        AccessLog = false,
        LogLevel = Microsoft.Extensions.Logging.LogLevel.None,
        LogFormat = LogFormat.Json,
    };
}
