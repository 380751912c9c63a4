using WsIngress.ApiServer;

namespace WsIngress.Tests.ApiServer;

/// <summary>The fake keeps the contract.</summary>
public sealed class FakeApiServerContractTests : ApiServerContract
{
    private FakeApiServer? _server;

    private protected override async ValueTask<WireClient> ConnectAsync()
    {
        _server = await FakeApiServer.StartAsync(new FakeApiServerOptions { TooNewWait = TimeSpan.FromMilliseconds(50) });
        return Connect("admin");
    }

    private protected override WireClient Connect(string? token) => new(_server!.Address, token);

    private protected override async ValueTask DisconnectAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
