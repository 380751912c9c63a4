using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>
/// One ingress for all tests that change nothing: hosts <c>echo.test</c> (two echo pods), and, where Node is there,
/// <c>ws.test</c>, <c>socketio.test</c> and <c>grpc.test</c>; one certificate for all of them.
/// </summary>
public sealed class IngressFixture : IAsyncLifetime
{
    public const string EchoHost = "echo.test";
    public const string WsHost = "ws.test";
    public const string SocketIoHost = "socketio.test";
    public const string GrpcHost = "grpc.test";

    private readonly TestAuthority _authority = new();
    private readonly ManifestFolder _folder = new();
    private readonly List<IAsyncDisposable> _processes = [];

    internal IngressProcess Ingress { get; private set; } = null!;

    /// <summary>The <c>ws</c> server, which tells what it sees; null without Node.</summary>
    internal ChildProcess? WsServer { get; private set; }

    /// <summary>A file with the authority's certificate.</summary>
    public string AuthorityFile { get; } = Path.GetTempFileName();

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(AuthorityFile, _authority.Pem);
        _folder.Tls("all", _authority.Issue(EchoHost, WsHost, SocketIoHost, GrpcHost));
        var pods = await Task.WhenAll(EchoPodProcess.StartAsync("pod-a"), EchoPodProcess.StartAsync("pod-b"));
        _processes.AddRange(pods);
        _folder.App("echo", EchoHost, pods.Select(p => p.Pod), "all");
        if (Requirement.HasNode)
        {
            WsServer = await ServeAsync("ws-server.mjs", "ws", WsHost);
            await ServeAsync("socketio-server.mjs", "socketio", SocketIoHost);
            await ServeAsync("grpc-server.mjs", "grpc", GrpcHost, ("backend-protocol", "grpc"));
        }

        Ingress = await IngressProcess.StartAsync(_folder.Path);
        _processes.Add(Ingress);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        File.Delete(AuthorityFile);
        _folder.Dispose();
        _authority.Dispose();
    }

    /// <summary>A client that reaches every host at the ingress and trusts the authority alone.</summary>
    public HttpMessageInvoker CreateInvoker()
    {
        var trusted = new X509Certificate2Collection(X509CertificateLoader.LoadCertificateFromFile(AuthorityFile));
        return new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { trusted[0] },
                },
            },
        });
    }

    private async Task<ChildProcess> ServeAsync(string script, string name, string host, params (string, string)[] annotations)
    {
        var (process, port) = await NodeProcess.ServeAsync(script);
        _processes.Add(process);
        _folder.App(name, host, [new Pod(name, port)], "all", annotations);
        return process;
    }
}

/// <summary>The tests that share the ingress; they run one after the other, each against real processes.</summary>
[CollectionDefinition(Name)]
public sealed class IngressCollection : ICollectionFixture<IngressFixture>
{
    public const string Name = "ingress";
}
