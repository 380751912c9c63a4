using System.Globalization;
using System.Net.WebSockets;
using WsIngress.Tests.Proxy;
using WsIngress.Translation.Annotations;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class MetricsTests
{
    private const string Labels = "{namespace=\"default\",ingress=\"chat\",service=\"chat\"";

    [Fact]
    public async Task A_socket_is_counted_while_it_is_open_and_its_age_never_enters_the_histogram_of_HTTP()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        using var answer = await host.SendAsync(host.Bound.Http!, "/", TestHost.Host);
        var socket = await host.ConnectAsync();
        for (var i = 1; i <= 3; i++)
        {
            await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            await socket.ReceiveAsync(new byte[10], CancellationToken.None);
            var live = await host.MetricsAsync();
            Assert.Equal(i, Value(live, "wsingress_websocket_messages_total" + Labels + ",direction=\"client_to_backend\"}"));
            Assert.Equal(i, Value(live, "wsingress_websocket_frames_total" + Labels + ",direction=\"backend_to_client\",opcode=\"text\"}"));
            Assert.Equal(1, Value(live, "wsingress_websocket_connections" + Labels + "}"));
            Assert.Equal(1, Value(live, "wsingress_backend_connections{namespace=\"default\",service=\"chat\"}"));
            Assert.Null(Find(live, "wsingress_websocket_closed_total" + Labels));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        socket.Dispose();
        await TestHost.UntilAsync(async () => Find(await host.MetricsAsync(), "wsingress_websocket_closed_total" + Labels) is not null);
        var after = await host.MetricsAsync();

        Assert.Equal(1, Value(after, "wsingress_websocket_closed_total" + Labels + ",outcome=\"client-closed\",initiator=\"client\",code=\"1000\"}"));
        Assert.Equal(1, Value(after, "wsingress_websocket_duration_seconds_count" + Labels + "}"));
        Assert.Equal(1, Value(after, "wsingress_websocket_handshake_duration_seconds_count" + Labels + "}"));
        Assert.Equal(1, Value(after, "wsingress_http_request_duration_seconds_count" + Labels + "}"));
        Assert.Equal(3, Value(after, "wsingress_websocket_messages_total" + Labels + ",direction=\"client_to_backend\"}"));
        Assert.Equal(0, Value(after, "wsingress_websocket_connections" + Labels + "}"));
    }

    [Fact]
    public async Task An_hour_of_a_socket_is_one_sample_of_an_hour_and_none_of_it_is_HTTPs()
    {
        var time = new AheadTime();
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod, time: time);
        using var answer = await host.SendAsync(host.Bound.Http!, "/", TestHost.Host);
        using var socket = await host.ConnectAsync();
        for (var minute = 0; minute <= 60; minute++)
        {
            // The first message shows that the relay has begun, which is later than the client's 101.
            time.Advance(TimeSpan.FromMinutes(minute > 0 ? 1 : 0));
            await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            await socket.ReceiveAsync(new byte[10], CancellationToken.None);
            Assert.Equal(minute + 1, Value(await host.MetricsAsync(), "wsingress_websocket_messages_total" + Labels + ",direction=\"client_to_backend\"}"));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await TestHost.UntilAsync(async () => Find(await host.MetricsAsync(), "wsingress_websocket_closed_total" + Labels) is not null);
        var after = await host.MetricsAsync();

        Assert.Equal(1, Value(after, "wsingress_websocket_duration_seconds_count" + Labels + "}"));
        Assert.InRange(Value(after, "wsingress_websocket_duration_seconds_sum" + Labels + "}")!.Value, 3600d, 3660d);
        Assert.Equal(1, Value(after, "wsingress_http_request_duration_seconds_count" + Labels + "}"));
        Assert.InRange(Value(after, "wsingress_http_request_duration_seconds_sum" + Labels + "}")!.Value, 0d, 59d);
        Assert.InRange(Value(after, "wsingress_websocket_handshake_duration_seconds_sum" + Labels + "}")!.Value, 0d, 59d);
    }

    [Fact]
    public async Task Every_metric_of_the_page_is_in_the_documentation_and_the_other_way_round()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        var text = await host.MetricsAsync();
        var documentation = await File.ReadAllTextAsync(Path.Combine(Translation.SourceTree.Root, "docs", "metrics.md"));

        var served = text.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToHashSet();
        var documented = System.Text.RegularExpressions.Regex.Matches(documentation, "`(wsingress_[a-z_]+)`").Select(m => m.Groups[1].Value).ToHashSet();

        Assert.True(!OperatingSystem.IsLinux() || Value(text, "wsingress_memory_bytes") > 1 << 20);
        Assert.NotEmpty(served);
        Assert.Equal(served.Order(), documented.Order());
    }

    [Fact]
    public async Task The_start_of_the_process_is_told_and_stays()
    {
        const string Name = "wsingress_start_timestamp_seconds";
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);

        var started = Value(await host.MetricsAsync(), Name);
        Assert.InRange(started!.Value, before, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        Assert.Equal(started, Value(await host.MetricsAsync(), Name));
    }

    [Fact]
    public async Task Refused_handshakes_and_problems_are_counted_by_reason()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "broken.yaml"), "kind: Ingress\nmetadata: [no");
        using var socket = new ClientWebSocket();
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{host.Bound.Http}/"), CancellationToken.None));

        Assert.Equal(1, Value(await host.MetricsAsync(), "wsingress_websocket_handshake_failures_total{namespace=\"\",ingress=\"\",service=\"\",reason=\"no-route\"}"));
        await TestHost.UntilAsync(async () => Value(await host.MetricsAsync(), "wsingress_ingress_problems{reason=\"unparsable\",severity=\"error\"}") == 1);
    }

    [Fact]
    public async Task A_handshake_that_waits_is_seen_while_it_waits()
    {
        await using var pod = await TestPod.StartAsync();
        var errors = new List<string>();
        var slow = AnnotationDefaults.Read([("websocket-handshake-rate-per-pod", "1/m"), ("websocket-handshake-queue-timeout", "2m"), ("websocket-handshake-timeout", "2m")], errors);
        await using var host = await TestHost.StartAsync(pod, options => options with { Defaults = slow });
        Assert.Empty(errors);
        using var open = await host.ConnectAsync();
        Assert.Equal(0, Value(await host.MetricsAsync(), "wsingress_websocket_handshakes_waiting" + Labels + "}") ?? 0);

        using var leaves = new CancellationTokenSource();
        using var second = new ClientWebSocket();
        second.Options.SetRequestHeader("Host", TestHost.Host);
        var waits = second.ConnectAsync(new Uri($"ws://{host.Bound.Http}/"), leaves.Token);
        await TestHost.UntilAsync(async () => Value(await host.MetricsAsync(), "wsingress_websocket_handshakes_waiting" + Labels + "}") == 1);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => waits);
        await TestHost.UntilAsync(async () => Value(await host.MetricsAsync(), "wsingress_websocket_handshakes_waiting" + Labels + "}") == 0);
    }

    [Fact]
    public async Task A_problem_that_costs_nothing_is_counted_as_a_warning()
    {
        await using var pod = await TestPod.StartAsync();
        await using var host = await TestHost.StartAsync(pod);
        await File.WriteAllTextAsync(Path.Combine(host.Folder, "foreign.yaml"), """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: { name: foreign, annotations: { nginx.ingress.kubernetes.io/proxy-body-size: 8m } }
            spec: { defaultBackend: { service: { name: missing, port: { number: 80 } } } }
            """);

        await TestHost.UntilAsync(async () => Value(await host.MetricsAsync(), "wsingress_ingress_problems{reason=\"foreign-annotation\",severity=\"warning\"}") == 1);
        var text = await host.MetricsAsync();
        Assert.Equal(0, Value(text, "wsingress_ingress_problems{reason=\"foreign-annotation\",severity=\"error\"}"));
        Assert.Equal(1, Value(text, "wsingress_ingress_problems{reason=\"service-not-found\",severity=\"error\"}"));
    }

    private static double? Value(string text, string series) =>
        Find(text, series + " ") is { } line ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : null;

    private static string? Find(string text, string prefix) => text.Split('\n').FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal));
}
