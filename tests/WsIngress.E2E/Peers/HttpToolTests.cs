using System.Globalization;
using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

/// <summary>curl and nghttp against the echo pods.</summary>
[Collection(IngressCollection.Name)]
public sealed class HttpToolTests(IngressFixture ingress)
{
    [Theory]
    [InlineData("--http2", "2")]
    [InlineData("--http1.1", "1.1")]
    public async Task Curl_gets_an_answer_over_tls(string flag, string version)
    {
        var (code, output) = await CurlAsync(flag, "-w", "\nversion %{http_version} verified %{ssl_verify_result}", Https("/hello?x=1"));

        Assert.True(code == 0, output);
        Assert.Contains("pod: pod-", output, StringComparison.Ordinal);
        Assert.Contains("path: /hello", output, StringComparison.Ordinal);
        Assert.Contains("query: ?x=1", output, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Proto: https", output, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith($"version {version} verified 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curl_gets_an_answer_without_tls()
    {
        var (code, output) = await CurlAsync($"http://{IngressFixture.EchoHost}:{ingress.Ingress.Http}/");

        Assert.True(code == 0, output);
        Assert.Contains("X-Forwarded-Proto: http", output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("--http2")]
    [InlineData("--http1.1")]
    public async Task Curl_uploads_a_body(string flag)
    {
        var file = Path.GetTempFileName();
        try
        {
            const int Length = 700_001;
            await File.WriteAllBytesAsync(file, new byte[Length]);
            var (code, output) = await CurlAsync(flag, "--data-binary", "@" + file, Https("/upload"));

            Assert.True(code == 0, output);
            Assert.Contains(Length.ToString(CultureInfo.InvariantCulture) + " bytes", output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Curl_sees_the_refusal_of_a_pod()
    {
        var (code, output) = await CurlAsync("-i", "--http2", Https("/status/418"));

        Assert.True(code == 0, output);
        Assert.Contains("HTTP/2 418", output, StringComparison.Ordinal);
        Assert.Contains("status 418 from pod-", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nghttp_gets_an_answer_and_is_offered_extended_connect()
    {
        var nghttp = Requirement.Program("nghttp", "nghttp2-client");
        var (code, output) = await Tool.RunAsync(
            nghttp, "-v", "--timeout=20", "-H", $":authority: {IngressFixture.EchoHost}", $"https://127.0.0.1:{ingress.Ingress.Https}/hello");

        Assert.True(code == 0, output);
        Assert.Contains("pod: pod-", output, StringComparison.Ordinal);
        Assert.Contains(":status: 200", output, StringComparison.Ordinal);
        // RFC 8441 section 3; older releases of nghttp print the setting by its number.
        Assert.Matches(@"(ENABLE_CONNECT_PROTOCOL|UNKNOWN)\(0x08\):1", output);
    }

    private string Https(string path) => $"https://{IngressFixture.EchoHost}:{ingress.Ingress.Https}{path}";

    private Task<(int Code, string Output)> CurlAsync(params string[] args) => Tool.RunAsync(
        Requirement.Program("curl", "curl"),
        [
            "-sS", "--max-time", "20", "--cacert", ingress.AuthorityFile,
            "--resolve", $"{IngressFixture.EchoHost}:{ingress.Ingress.Http}:127.0.0.1", "--resolve", $"{IngressFixture.EchoHost}:{ingress.Ingress.Https}:127.0.0.1",
            .. args,
        ]);
}
