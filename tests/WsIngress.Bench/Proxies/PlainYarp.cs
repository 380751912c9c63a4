using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace WsIngress.Bench.Proxies;

/// <summary>The smallest program that proxies with YARP on Kestrel's own transport: the baseline of what .NET gives without further work.</summary>
internal static class PlainYarp
{
    /// <param name="arguments">Port of HTTP, port of HTTPS, port of the pod, certificate and key as PEM files.</param>
    public static int Run(string[] arguments)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var certificate = X509Certificate2.CreateFromPemFile(arguments[3], arguments[4]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, int.Parse(arguments[0]));
            kestrel.Listen(IPAddress.Loopback, int.Parse(arguments[1]), listen => listen.UseHttps(certificate));
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        var forwarding = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromHours(1) };
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "pod", Match = new RouteMatch { Path = "{**rest}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "pod",
                    HttpRequest = forwarding,
                    Destinations = new Dictionary<string, DestinationConfig> { ["pod"] = new() { Address = $"http://127.0.0.1:{arguments[2]}" } },
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        app.Run();
        return 0;
    }
}
