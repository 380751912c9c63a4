using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Requests that are no WebSockets, on every front and to both kinds of pod.</summary>
public sealed class PlainHttpTests
{
    public enum Front
    {
        Http1,
        Tls1,
        Tls2,
        H2c,
    }

    public static TheoryData<Front> Fronts => [.. Enum.GetValues<Front>()];

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task Every_method_goes_through_with_its_body(Front front)
    {
        await using var pod = await TestPod.StartAsync(handler: async http =>
        {
            http.Response.Headers["X-Method"] = http.Request.Method;
            await http.Request.Body.CopyToAsync(http.Response.Body);
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        using var client = TestProxy.Client();
        foreach (var method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND" })
        {
            using var request = Request(proxy, front, method);
            request.Content = method is "GET" or "OPTIONS" ? null : new StringContent("the body");
            using var answer = await client.SendAsync(request);

            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(method, answer.Headers.GetValues("X-Method").Single());
            Assert.Equal(request.Content is null ? "" : "the body", await answer.Content.ReadAsStringAsync());
        }

        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task Answers_without_a_body_stay_without_one(Front front)
    {
        await using var pod = await TestPod.StartAsync(handler: http =>
        {
            http.Response.StatusCode = http.Request.Path == "/head" ? 200 : int.Parse(http.Request.Path.Value![1..]);
            http.Response.Headers.ETag = "\"v\"";
            http.Response.ContentLength = http.Request.Path == "/head" ? 1234 : null;
            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        using var client = TestProxy.Client();
        using var head = await client.SendAsync(Request(proxy, front, "HEAD", "/head"));
        Assert.Equal(1234, head.Content.Headers.ContentLength);
        foreach (var status in new[] { 204, 205, 304 })
        {
            using var answer = await client.SendAsync(Request(proxy, front, "GET", $"/{status}"));
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal("\"v\"", answer.Headers.ETag?.Tag);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_when_the_pod_wants_the_body()
    {
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod);
        await using var client = await RawHandshake.ConnectAsync(proxy);
        await client.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.Equal(100, client.Status);

        await client.WriteAsync("body");
        await client.ReadHeadAsync();

        Assert.Equal(200, client.Status);
        Assert.Equal("body", await client.ReadBodyAsync());
    }

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task Events_arrive_one_by_one(Front front)
    {
        var step = new SemaphoreSlim(0);
        await using var pod = await TestPod.StartAsync(handler: async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.FlushAsync();
            for (var i = 0; i < 3; i++)
            {
                await step.WaitAsync();
                await http.Response.WriteAsync($"data: {i}\n\n");
                await http.Response.Body.FlushAsync();
            }
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        using var client = TestProxy.Client();
        using var answer = await client.SendAsync(Request(proxy, front, "GET"), HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(3));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            // The pod sends the first event only after the head, and the next only after the last was read here.
            step.Release();
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
            await reader.ReadLineAsync();
        }

        Assert.Null(await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData(Front.Tls2)]
    [InlineData(Front.H2c)]
    public async Task Grpc_style_streams_and_trailers_pass_to_a_pod_of_http2(Front front)
    {
        await using var pod = await TestPod.StartAsync(protocols: HttpProtocols.Http2, handler: async http =>
        {
            Assert.Equal("HTTP/2", http.Request.Protocol);
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["X-Te"] = http.Request.Headers.TE;
            http.Response.DeclareTrailer("grpc-status");
            await http.Response.Body.FlushAsync();
            var buffer = new byte[100];
            int read;
            while ((read = await http.Request.Body.ReadAsync(buffer)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                await http.Response.Body.FlushAsync();
            }

            http.Response.AppendTrailer("grpc-status", "7");
        });
        await using var proxy = await TestProxy.ToAsync(pod, backend: new BackendPolicy { Protocol = BackendProtocol.Grpc });
        using var client = TestProxy.Client();
        using var request = Request(proxy, front, "POST", "/echo.Echo/Stream");
        using var upload = new UploadContent();
        upload.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Content = upload;
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(3));
        await using var body = await answer.Content.ReadAsStreamAsync();
        for (var i = 0; i < 3; i++)
        {
            await upload.WriteAsync($"msg{i}");
            var buffer = new byte[4];
            await body.ReadExactlyAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal($"msg{i}", Encoding.ASCII.GetString(buffer));
        }

        upload.Complete();
        Assert.Equal(0, await body.ReadAsync(new byte[1]));
        Assert.Equal("7", answer.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal("trailers", answer.Headers.GetValues("X-Te").Single());
    }

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task Twenty_megabytes_go_both_ways_unchanged(Front front)
    {
        await using var pod = await TestPod.StartAsync(handler: async http =>
        {
            http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            body.Position = 0;
            await body.CopyToAsync(http.Response.Body);
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        var sent = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        using var client = TestProxy.Client();
        using var request = Request(proxy, front, "POST");
        request.Content = new ByteArrayContent(sent);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(SHA256.HashData(sent), await SHA256.HashDataAsync(await answer.Content.ReadAsStreamAsync()));
    }

    [Theory]
    [MemberData(nameof(Fronts))]
    public async Task A_client_that_goes_cancels_the_pods_request(Front front)
    {
        var began = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var pod = await TestPod.StartAsync(handler: async http =>
        {
            http.RequestAborted.Register(() => cancelled.TrySetResult());
            began.SetResult();
            await cancelled.Task;
        });
        await using var proxy = await TestProxy.ToAsync(pod);
        using var client = TestProxy.Client();
        using var stop = new CancellationTokenSource();
        var asking = client.SendAsync(Request(proxy, front, "GET"), stop.Token);
        await began.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await proxy.Telemetry.WaitAsync(t => !t.Http.IsEmpty);
        Assert.Equal(499, proxy.Telemetry.Http.Single().Status);
        await Settled.NothingIsHeldAsync(proxy);
    }

    [Theory]
    [InlineData(Front.Http1, "Content-Length: 100\r\n\r\nhalf")]
    [InlineData(Front.Tls2, "Content-Length: 100\r\n\r\nhalf")]
    [InlineData(Front.Http1, "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf")]
    [InlineData(Front.Tls2, "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf")]
    public async Task A_pod_that_breaks_off_its_answer_gives_the_client_a_broken_answer(Front front, string answer)
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\n" + answer);
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        using var client = TestProxy.Client();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.SendAsync(Request(proxy, front, "GET")));
        await Settled.NothingIsHeldAsync(proxy);
        Assert.Contains("ResponseBody", proxy.Telemetry.Http.Single().Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: " + RawHandshake.Key)]
    public async Task A_port_of_http2_alone_serves_nothing_else(string lines)
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        using var client = new TcpClient("127.0.0.1", proxy.Plane.EndPoints["h2c"].Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\nHost: a{lines}\n\n".ReplaceLineEndings("\r\n")));
        using var reader = new StreamReader(client.GetStream());

        Assert.DoesNotContain(" 200 ", await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        Assert.Empty(pod.Heads);
    }

    [Theory]
    [InlineData("/a//b/./c")]
    [InlineData("/%7Euser/%c3%bc?q=%2F&r=a+b")]
    [InlineData("/x;v=1,2/?a=b?c")]
    [InlineData("/plain")]
    public async Task The_target_reaches_the_pod_byte_for_byte(string target)
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync();
        proxy.Publish([pod.Endpoint]);
        await using var plain = await RawHandshake.SendAsync(proxy, $"GET {target} HTTP/1.1\nHost: a");
        await using var socket = await RawHandshake.OpenAsync(proxy, path: target);

        Assert.Equal(200, plain.Status);
        Assert.All(pod.Heads, h => Assert.StartsWith($"GET {target} HTTP/1.1\r\n", h, StringComparison.Ordinal));
        Assert.Equal(2, pod.Heads.Count);
    }

    [Fact]
    public async Task A_rewrite_replaces_the_path_keeps_the_query_and_cannot_break_the_request_line()
    {
        await using var pod = RawPod.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync();
        var route = new Route
        {
            Owner = new RouteOwner("default", "web"),
            Path = new PathMatch(PathMatchKind.Regex, "/api/(.*)"),
            Backends = [new WeightedBackend("default/echo:80", 1, BackendPolicy.Default)],
            Policy = new RoutePolicy { RewriteTarget = "/v2/$1" },
        };
        proxy.Publish(new RoutingTable([new VirtualHost { Host = "", Routes = [route] }], [TestProxy.Backend("echo", pod.Endpoint)], []));
        await using var socket = await RawHandshake.OpenAsync(proxy, path: "/api/a%20b%20HTTP/1.1%3fx?q=1");

        Assert.StartsWith("GET /v2/a%20b%20HTTP/1.1%3Fx?q=1 HTTP/1.1\r\n", pod.Heads.Single(), StringComparison.Ordinal);
    }

    private static HttpRequestMessage Request(TestProxy proxy, Front front, string method, string path = "/")
    {
        var address = front switch
        {
            Front.Http1 => $"http://127.0.0.1:{proxy.HttpPort}{path}",
            Front.H2c => $"http://127.0.0.1:{proxy.Plane.EndPoints["h2c"].Port}{path}",
            _ => $"https://127.0.0.1:{proxy.HttpsPort}{path}",
        };
        return new HttpRequestMessage(new HttpMethod(method), address)
        {
            Version = front is Front.Tls2 or Front.H2c ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }
}
