using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;

namespace WsIngress.Cluster;

/// <summary>A kubeconfig with one of its contexts.</summary>
internal sealed class KubeconfigFiles : IConnectionFiles
{
    private readonly string _path;
    private readonly string? _context;
    private List<string> _paths;

    /// <param name="path">The file.</param>
    /// <param name="context">Null for the current context.</param>
    public KubeconfigFiles(string path, string? context)
    {
        (_path, _context) = (path, context);
        _paths = [path];
    }

    /// <summary>The file that kubectl would take: the first that exists of KUBECONFIG, else <c>~/.kube/config</c>.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static string Find(Func<string, string?> environment)
    {
        var home = Path.Combine(environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        var named = (environment("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] candidates = named.Length > 0 ? named : [home];
        return Array.Find(candidates, File.Exists)
            ?? throw new IOException($"There is no way to an API server: this is no pod of a cluster, and there is no file {string.Join(" or ", candidates)}; --kubeconfig FILE names one.");
    }

    public IReadOnlyList<string> Paths => _paths;

    public KubernetesClientConfiguration Load()
    {
        try
        {
            var file = KubernetesClientConfiguration.LoadKubeConfig(_path);
            var configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(new FileInfo(_path), _context);
            _paths = [_path, .. Mentioned(file)];
            return configuration;
        }
        catch (Exception broken) when (broken is KubeConfigException or YamlDotNet.Core.YamlException or FormatException or ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new IOException($"The kubeconfig {_path} cannot be used{(_context is null ? "" : $" with context {_context}")}: {broken.Message}", broken);
        }
    }

    /// <summary>Files that any entry names; relative ones are relative to the kubeconfig.</summary>
    private IEnumerable<string> Mentioned(K8SConfiguration file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        var named = (file.Clusters ?? []).Select(c => c.ClusterEndpoint?.CertificateAuthority)
            .Concat((file.Users ?? []).SelectMany(u => new[] { u.UserCredentials?.ClientCertificate, u.UserCredentials?.ClientKey }));
        return named.OfType<string>().Where(n => n.Length > 0).Select(n => Path.GetFullPath(n, folder)).Distinct();
    }
}
