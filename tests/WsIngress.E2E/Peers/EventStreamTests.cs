using System.Net;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

[Collection(IngressCollection.Name)]
public sealed class EventStreamTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_event_arrives_when_it_is_sent_and_not_when_the_stream_ends(string version)
    {
        using var invoker = ingress.CreateInvoker();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{IngressFixture.EchoHost}:{ingress.Ingress.Https}/sse?count=2&interval=60000")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await invoker.SendAsync(request, limit.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("id: 1", await reader.ReadLineAsync(limit.Token));
        Assert.StartsWith("data: event 1 of 2 from pod-", await reader.ReadLineAsync(limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_stream_arrives()
    {
        using var invoker = ingress.CreateInvoker();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{IngressFixture.EchoHost}:{ingress.Ingress.Http}/sse?count=20&interval=10");
        using var response = await invoker.SendAsync(request, CancellationToken.None);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(20, text.Split("data: event ").Length - 1);
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
    }
}
