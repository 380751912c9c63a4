using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy;
using WsIngress.Routing;
using WsIngress.Store;
using WsIngress.Telemetry;
using WsIngress.Tests.Proxy;
using Xunit;

namespace WsIngress.Tests.Hosting;

/// <summary>How many series there are for many Ingresses, and what becomes of them.</summary>
public sealed class SeriesTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly Metrics _metrics;
    private readonly Dictionary<string, double> _last = [];
    private readonly HttpClient _client = TestProxy.Client();
    private TestPod _pod = null!;
    private DataPlane _plane = null!;
    private long _revision;

    public SeriesTests() => _metrics = new("1", _time);

    public async ValueTask InitializeAsync()
    {
        _pod = await TestPod.StartAsync(handler: http => http.Request.Path == "/no" ? Task.CompletedTask : http.Request.Path == "/bye" ? SayByeAsync(http) : TestPod.EchoAsync(http, "pod-a"));
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        _plane = new DataPlane(TestTransport.Apply(new ProxyOptions { Http = loopback, Https = null }), _metrics, NullLoggerFactory.Instance, TimeProvider.System);
        _metrics.Watch(_plane, new SyncState(), null, new(() => _plane.Tables.Backends, () => null, NullLogger.Instance, null));
        await _plane.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _plane.DisposeAsync();
        await _pod.DisposeAsync();
    }

    [Fact]
    public async Task A_thousand_Ingresses_have_a_bounded_number_of_series_and_none_when_they_are_gone()
    {
        const int Ingresses = 1000;
        Publish(Ingresses);
        var constant = (await ScrapeAsync()).Count;
        await Parallel.ForEachAsync(Enumerable.Range(0, Ingresses), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await UseAsync($"h{i}.test", i % 50 == 0));
        await TestHost.UntilAsync(() => Task.FromResult(_plane.Sockets.Count == 0));

        // 18 for handshakes and for HTTP, 14 for ages, 12 frames, 2 directions of messages and bytes, and one for each status, refusal and ending that was met.
        var used = await ScrapeAsync();
        Assert.InRange(used.Count, 60 * Ingresses, (76 * Ingresses) + constant);
        Assert.Equal(Ingresses, used.Keys.Count(name => name.StartsWith("wsingress_websocket_closed_total{", StringComparison.Ordinal) && name.EndsWith("outcome=\"client-closed\",initiator=\"client\",code=\"1000\"}", StringComparison.Ordinal)));
        Assert.Equal(Ingresses, used.Keys.Count(name => name.Contains("outcome=\"backend-closed\",initiator=\"backend\",code=\"4xxx\"", StringComparison.Ordinal)));

        // A socket of the first lives on when all are gone.
        using var socket = await OpenAsync("h0.test", "/");
        Publish(0);
        await ScrapeAsync();
        _time.Advance(StaleSeries.Patience - TimeSpan.FromSeconds(1));
        Assert.True(OfIngresses(await ScrapeAsync()) >= OfIngresses(used));
        _time.Advance(TimeSpan.FromSeconds(1));
        var left = await ScrapeAsync();
        Assert.All(left.Keys.Where(name => name.Contains(",ingress=\"", StringComparison.Ordinal)), name => Assert.Contains("ingress=\"i0\"", name, StringComparison.Ordinal));
        Assert.Equal(1, left["wsingress_websocket_connections{namespace=\"default\",ingress=\"i0\",service=\"echo\"}"]);
        Assert.True(left["wsingress_websocket_opened_total{namespace=\"default\",ingress=\"i0\",service=\"echo\"}"] >= 3);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await TestHost.UntilAsync(() => Task.FromResult(_plane.Sockets.Count == 0));
        await TestHost.UntilAsync(async () => (await ScrapeAsync()).Single(s => s.Key.StartsWith("wsingress_websocket_connections{", StringComparison.Ordinal)).Value == 0);
        _time.Advance(StaleSeries.Patience);
        Assert.InRange((await ScrapeAsync()).Count, 1, constant);
    }

    [Fact]
    public async Task An_Ingress_that_comes_back_in_time_keeps_its_counters()
    {
        Publish(2);
        await UseAsync("h0.test", isLong: false);
        Publish(0);
        await ScrapeAsync();
        _time.Advance(StaleSeries.Patience / 2);
        Publish(2);
        await ScrapeAsync();
        Publish(0);
        await ScrapeAsync();
        _time.Advance(StaleSeries.Patience / 2);
        await ScrapeAsync();
        Publish(2);
        await UseAsync("h0.test", isLong: false);

        Assert.Equal(4, (await ScrapeAsync())["wsingress_websocket_opened_total{namespace=\"default\",ingress=\"i0\",service=\"echo\"}"]);
        Assert.Equal(2, _last["wsingress_http_requests_total{namespace=\"default\",ingress=\"i0\",service=\"echo\",status=\"200\"}"]);
    }

    /// <summary>The library asks for the values of each scrape when it comes, also when another is under way.</summary>
    [Fact]
    public async Task Two_scrapes_at_once_gather_one_after_the_other()
    {
        var time = new MeetingPlace();
        var metrics = new Metrics("1", time);
        metrics.Watch(_plane, new SyncState(), null, new(() => _plane.Tables.Backends, () => null, NullLogger.Instance, null));
        time.IsOpen = true;

        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => metrics.Registry.CollectAndExportAsTextAsync(Stream.Null))));

        Assert.Equal((1, 2), (time.Most, time.Visits));
    }

    private static int OfIngresses(Dictionary<string, double> page) => page.Keys.Count(name => name.Contains(",ingress=\"", StringComparison.Ordinal));

    private async Task UseAsync(string host, bool isLong)
    {
        using (var polite = await OpenAsync(host, "/"))
        {
            await polite.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            await polite.ReceiveAsync(new byte[10], CancellationToken.None);
            await polite.CloseAsync(WebSocketCloseStatus.NormalClosure, isLong ? "done" : "", CancellationToken.None);
        }

        using (var left = await OpenAsync(host, "/bye"))
        {
            await left.ReceiveAsync(new byte[10], CancellationToken.None);
            await left.CloseOutputAsync((WebSocketCloseStatus)4001, null, CancellationToken.None);
        }

        if (isLong)
        {
            (await OpenAsync(host, "/")).Abort();
        }

        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(host, "/no"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{_plane.EndPoints["http"]}/");
        request.Headers.Host = host;
        using var answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<ClientWebSocket> OpenAsync(string host, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", host);
        await socket.ConnectAsync(new Uri($"ws://{_plane.EndPoints["http"]}{path}"), CancellationToken.None);
        return socket;
    }

    private static async Task SayByeAsync(Microsoft.AspNetCore.Http.HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await socket.CloseAsync((WebSocketCloseStatus)4001, "bye", CancellationToken.None);
    }

    private void Publish(int ingresses) => _plane.Publish(new RoutingTable(
        [.. Enumerable.Range(0, ingresses).Select(i => new VirtualHost
        {
            Host = $"h{i}.test",
            Routes = [new() { Owner = new("default", $"i{i}"), Path = new(PathMatchKind.Prefix, "/"), Backends = [new("default/echo:80", 1, BackendPolicy.Default)] }],
        }).OrderBy(host => host.Host, StringComparer.Ordinal)],
        ingresses == 0 ? [] : [TestProxy.Backend("echo", _pod.Endpoint)],
        []).WithRevision(++_revision));

    /// <summary>The page; a counter that is on it and was on the one before has not gone back.</summary>
    private async Task<Dictionary<string, double>> ScrapeAsync()
    {
        using var text = new MemoryStream();
        await _metrics.Registry.CollectAndExportAsTextAsync(text);
        var page = Encoding.UTF8.GetString(text.ToArray()).Split('\n').Where(line => line.StartsWith("wsingress_", StringComparison.Ordinal))
            .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        foreach (var (name, value) in page)
        {
            Assert.False(name.Contains("_total", StringComparison.Ordinal) && value < _last.GetValueOrDefault(name), $"{name} went back from {_last.GetValueOrDefault(name)} to {value}");
        }

        _last.Clear();
        foreach (var (name, value) in page)
        {
            _last.Add(name, value);
        }

        return page;
    }

    /// <summary>Whoever asks for the time waits a moment for company.</summary>
    private sealed class MeetingPlace : FakeTimeProvider
    {
        private readonly ManualResetEventSlim _met = new();
        private int _inside;

        public bool IsOpen { get; set; }

        public int Most { get; private set; }

        public int Visits { get; private set; }

        public override long GetTimestamp()
        {
            if (!IsOpen)
            {
                return base.GetTimestamp();
            }

            Visits++;
            Most = Math.Max(Most, Interlocked.Increment(ref _inside));
            if (Most > 1)
            {
                _met.Set();
            }

            _met.Wait(TimeSpan.FromMilliseconds(200));
            Interlocked.Decrement(ref _inside);
            return base.GetTimestamp();
        }
    }
}
