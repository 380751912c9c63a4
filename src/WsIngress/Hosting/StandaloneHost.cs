using Microsoft.Extensions.Logging;
using WsIngress.Cli;
using WsIngress.Manifests;
using WsIngress.Sources;

namespace WsIngress.Hosting;

/// <summary>The product without a cluster: a folder of manifests is what it serves.</summary>
internal sealed class StandaloneHost(RunOptions options, TimeProvider time, Stream accessLog)
{
    public Task<int> RunAsync(Action<BoundListeners> ready, CancellationToken stopping) =>
        new ServingHost(options.Server, time, accessLog).RunAsync(Connect, ready, stopping);

    private HostFeed Connect(HostParts parts)
    {
        var folder = new FolderSource(
            new FolderSourceOptions { Folder = options.Manifests }, new InotifyWatcher(), parts.Time, parts.Loggers.CreateLogger<FolderSource>());
        return new()
        {
            Sources = [folder],
            Translation = ManifestValidation.StandaloneOptions with
            {
                IngressClass = options.Server.IngressClass,
                AllowExternalName = !options.Server.DisableExternalName,
                Defaults = options.Server.Defaults,
            },
            WriteOptions = json => json.WriteString("manifests", options.Manifests),
        };
    }
}
