using System.Text.Json.Nodes;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class ConnectTests
{
    private readonly CliRun _cli = new();

    [Fact]
    public async Task Lines_of_standard_input_are_messages_and_answers_are_lines_of_standard_output()
    {
        await using var pod = await EchoPod.StartAsync();
        _cli.Input = new MemoryStream("first\n\nthörd"u8.ToArray());

        Assert.Equal(0, await _cli.InvokeAsync("connect", pod.Ws()));
        Assert.Equal("first\n\nthörd\n", _cli.Output);
        Assert.Contains("answered by: pod-a", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 101", _cli.Notes, StringComparison.Ordinal);
        Assert.Matches(@"round trip:  \d+\.\d ms \(ping\)", _cli.Notes);
        Assert.Contains("closed by client: 1000 (normal closure)", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("3 sent, 3 received; round trip min", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_tells_every_event_on_a_line_of_its_own()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(0, await _cli.InvokeAsync("connect", pod.Ws("/x"), "--send", "hi", "--send", "ho", "--subprotocol", "chat", "--subprotocol", "other", "--json"));
        Assert.Equal(
            ["open", "ping", "sent", "sent", "message", "message", "close"],
            _cli.Events.Select(e => (string)e["event"]!).OrderBy(Order));
        var open = _cli.Event("open");
        Assert.Equal(("1.1", 101, "pod-a", "chat"), ((string)open["httpVersion"]!, (int)open["status"]!, (string)open["pod"]!, (string)open["subprotocol"]!));
        Assert.Equal("hi", (string)_cli.Events.First(e => (string)e["event"]! == "message")["text"]!);
        Assert.True((double)_cli.Event("ping")["roundTripMs"]! > 0);
        Assert.Equal((1000, "client", 2, 2), Close(_cli.Event("close")));

        static int Order(string name) => Array.IndexOf(["open", "ping", "sent", "message", "close"], name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_http_versions_work_over_tls(bool http2)
    {
        await using var pod = await EchoPod.StartAsync(tls: true);
        string[] args = ["connect", pod.Ws(), "-k", "--send", "hi", "--json", .. http2 ? ["--http2"] : Array.Empty<string>()];

        Assert.Equal(0, await _cli.InvokeAsync(args));
        Assert.Equal(http2 ? "2.0" : "1.1", (string)_cli.Event("open")["httpVersion"]!);
        Assert.Equal("hi", (string)_cli.Event("message")["text"]!);
    }

    [Fact]
    public async Task A_certificate_nobody_signed_is_refused_without_k()
    {
        await using var pod = await EchoPod.StartAsync(tls: true);

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws(), "--send", "hi"));
        Assert.Contains("-k accepts any certificate", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_shows_status_headers_and_body()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws("/status/418"), "--send", "hi"));
        Assert.Contains("HTTP/1.1 418", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("X-Pod-Name: pod-a", _cli.Notes, StringComparison.Ordinal);
        Assert.Contains("status 418 from pod-a", _cli.Notes, StringComparison.Ordinal);
        Assert.Equal("", _cli.Output);
    }

    [Fact]
    public async Task A_refusal_in_json_has_its_body()
    {
        await using var pod = await EchoPod.StartAsync(tls: true);

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws("/status/503"), "-k", "--http2", "--json"));
        Assert.Equal((503, "status 503 from pod-a\n"), ((int)_cli.Event("refused")["status"]!, (string)_cli.Event("refused")["body"]!));
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1001, 0)]
    [InlineData(1008, 1)]
    [InlineData(1011, 1)]
    [InlineData(4999, 1)]
    public async Task The_close_of_the_server_is_shown_and_decides_the_exit_code(int code, int exit)
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(exit, await _cli.InvokeAsync("connect", pod.Ws($"/close/{code}?reason=g%C3%BCle"), "--hold", "--json"));
        Assert.Equal((code, "server", 0, 0), Close(_cli.Event("close")));
        Assert.Equal("güle", (string)_cli.Event("close")["reason"]!);
    }

    [Fact]
    public async Task Closing_before_the_awaited_messages_came_is_a_failure()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws("/close/1000"), "--count", "1"));
        Assert.Contains("the socket closed after 0 of 1 messages", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_messages_awaited_than_come_is_a_failure_after_the_timeout()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws(), "--send", "one", "--count", "2", "--timeout", "200ms"));
        Assert.Contains("1 of 2 messages came; none for 0.2 s", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_input_comes_back_byte_by_byte()
    {
        await using var pod = await EchoPod.StartAsync();
        var bytes = new byte[300_000];
        new Random(7).NextBytes(bytes);
        _cli.Input = new MemoryStream(bytes);

        Assert.Equal(0, await _cli.InvokeAsync("connect", pod.Ws(), "--binary"));
        Assert.Equal(bytes, _cli.RawOutput.ToArray());
    }

    [Fact]
    public async Task Resolve_reaches_a_host_without_dns_and_keeps_its_name()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(0, await _cli.InvokeAsync(
            "connect", "ws://echo.example.test/", "--resolve", $"echo.example.test:80:127.0.0.1:{pod.Addresses[0].Port}", "--send", "hi"));
        Assert.Equal("hi\n", _cli.Output);
        Assert.Contains("connected to ws://echo.example.test/", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_under_localhost_need_no_dns()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(0, await _cli.InvokeAsync("connect", $"ws://a.b.localhost:{pod.Addresses[0].Port}/", "--send", "hi"));
        Assert.Equal("hi\n", _cli.Output);
    }

    [Fact]
    public async Task A_pod_that_stops_says_going_away()
    {
        var pod = await EchoPod.StartAsync();
        var run = _cli.InvokeAsync("connect", pod.Ws(), "--hold", "--json");
        await _cli.RawOutput.ContainsAsync("\"ping\"");

        await pod.DisposeAsync();

        Assert.Equal(0, await run);
        Assert.Equal((1001, "server", 0, 0), Close(_cli.Event("close")));
        Assert.Equal("echo pod is shutting down", (string)_cli.Event("close")["reason"]!);
    }

    [Fact]
    public async Task Ctrl_C_closes_the_socket_properly()
    {
        await using var pod = await EchoPod.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = _cli.InvokeAsync(stop.Token, "connect", pod.Ws(), "--hold", "--json");
        await _cli.RawOutput.ContainsAsync("\"ping\"");

        await stop.CancelAsync();

        Assert.Equal(0, await run);
        Assert.Equal((1000, "client", 0, 0), Close(_cli.Event("close")));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        Assert.Equal(1, await _cli.InvokeAsync("connect", "ws://127.0.0.1:1/"));
        Assert.Contains("127.0.0.1:1: Connection refused", _cli.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_200_is_a_refusal()
    {
        await using var pod = await EchoPod.StartAsync();

        Assert.Equal(1, await _cli.InvokeAsync("connect", pod.Ws("/status/200")));
        Assert.Contains("refused by", _cli.Notes, StringComparison.Ordinal);
    }

    private static (int Code, string By, int Sent, int Received) Close(JsonNode close) =>
        ((int)close["code"]!, (string)close["by"]!, (int)close["sent"]!, (int)close["received"]!);
}
