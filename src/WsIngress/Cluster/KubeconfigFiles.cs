using k8s;

namespace WsIngress.Cluster;

/// <summary>One context of a kubeconfig, or of several that count as one.</summary>
internal sealed class KubeconfigFiles : IConnectionFiles
{
    private readonly IReadOnlyList<string> _files;
    private readonly string? _context;

    /// <param name="files">One that must be there, or several of which one must: the first to say something counts.</param>
    /// <param name="context">Null for the current context.</param>
    public KubeconfigFiles(IReadOnlyList<string> files, string? context)
    {
        (_files, _context) = (files, context);
        Paths = files;
    }

    /// <summary>The files that kubectl would take: all of KUBECONFIG, else <c>~/.kube/config</c>.</summary>
    public static string[] Find(Func<string, string?> environment)
    {
        var home = Path.Combine(environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        var named = (environment("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return named.Length > 0 ? named : [home];
    }

    /// <summary>The kubeconfigs and all that they name; one that is not there yet may come.</summary>
    public IReadOnlyList<string> Paths { get; private set; }

    public KubernetesClientConfiguration Load()
    {
        var present = _files.Where(File.Exists).ToArray();
        if (present.Length == 0)
        {
            throw new IOException($"There is no way to an API server: this is no pod of a cluster, and there is no file {string.Join(" or ", _files)}; --kubeconfig FILE names one.");
        }

        try
        {
            var all = new Kubeconfig();
            foreach (var file in present)
            {
                all.Add(file);
            }

            var configuration = all.Build(_context);
            Paths = [.. _files, .. all.Mentioned];
            return configuration;
        }
        catch (Exception broken)
        {
            throw new IOException($"The kubeconfig {string.Join(" and ", present)} cannot be used{(_context is null ? "" : $" with context {_context}")}: {broken.Message}", broken);
        }
    }
}
