using WsIngress.Cluster;

namespace WsIngress.Tests.Cluster;

/// <summary>A kubeconfig for a plain HTTP server on this host, with a token that nobody checks.</summary>
internal static class Kubeconfig
{
    private static readonly string Folder = TemporaryFolder();

    public static ClusterConfiguration Load(int port)
    {
        var file = Path.Combine(Folder, port.ToString());
        File.WriteAllText(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [{ name: test, context: { cluster: test, user: test } }]
            clusters: [{ name: test, cluster: { server: "http://127.0.0.1:{{port}}" } }]
            users: [{ name: test, user: { token: test } }]
            """);
        return ClusterConfiguration.Load(file, null);
    }

    /// <summary>The files are read again during a test, so they go with the process.</summary>
    private static string TemporaryFolder()
    {
        var folder = Directory.CreateTempSubdirectory("wsingress-kubeconfig-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
