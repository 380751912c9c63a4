using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using WsIngress.ApiServer;
using WsIngress.Cluster;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>What a call makes of answers that do not come whole.</summary>
public sealed class ApiServerTests
{
    private const string Namespace = "/api/v1/namespaces/default";

    [Fact]
    public async Task A_call_is_given_up_in_the_middle_of_its_answer()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        server.Faults.StallAnswers();
        using var stop = new CancellationTokenSource();
        var call = CallAsync(api, stop.Token);
        await Eventually.True(() => server.Requests.Any(request => request.Status == 200));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_answer_that_stalls_is_no_answer_after_half_a_minute()
    {
        var time = new FakeTimeProvider();
        await using var server = await FakeApiServer.StartAsync();
        using var api = PlainServer.Connect(server.Address, time);
        server.Faults.StallAnswers();
        var call = CallAsync(api, CancellationToken.None);
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return call.IsCompleted;
        });
        var failed = await Assert.ThrowsAsync<ApiException>(() => call);
        Assert.Equal(0, failed.Code);
    }

    [Fact]
    public async Task An_answer_that_is_cut_is_no_answer()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        server.Faults.CutAnswers();
        var failed = await Assert.ThrowsAsync<ApiException>(() => CallAsync(api, CancellationToken.None));
        Assert.Equal(0, failed.Code);
        Assert.Contains("the answer cannot be read", failed.Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public async Task An_answer_that_is_no_object_is_no_answer(string body)
    {
        await using var server = await ScriptedApiServer.StartAsync((http, stop) => http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(body), stop).AsTask());
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        Assert.Equal(0, (await Assert.ThrowsAsync<ApiException>(() => CallAsync(api, CancellationToken.None))).Code);
    }

    [Fact]
    public async Task An_answer_without_bounds_is_not_read_to_its_end()
    {
        await using var server = await ScriptedApiServer.StartAsync(async (http, stop) =>
        {
            http.Response.ContentLength = long.MaxValue;
            await http.Response.Body.FlushAsync(stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        using var api = PlainServer.Connect(server.Address, TimeProvider.System);
        var failed = await Assert.ThrowsAsync<ApiException>(() => CallAsync(api, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(0, failed.Code);
    }

    private static Task<JsonObject> CallAsync(WsIngress.Cluster.ApiServer api, CancellationToken cancellation) =>
        api.CallAsync<JsonObject>(HttpMethod.Get, Namespace, null, "application/json", cancellation);
}
