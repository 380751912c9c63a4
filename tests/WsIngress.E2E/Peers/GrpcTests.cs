using WsIngress.E2E.Harness;
using Xunit;

namespace WsIngress.E2E.Peers;

[Collection(IngressCollection.Name)]
public sealed class GrpcTests(IngressFixture ingress)
{
    [Fact]
    public async Task Unary_calls_streams_trailers_and_errors_pass()
    {
        Requirement.Node();
        var (code, output) = await NodeProcess.RunAsync(
            "grpc-client.mjs", ingress.AuthorityFile, $"{ingress.Ingress.Https}", IngressFixture.GrpcHost);

        Assert.True(code == 0, output);
    }
}
