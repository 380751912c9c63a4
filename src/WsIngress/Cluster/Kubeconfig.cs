using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.KubeConfigModels;
using YamlDotNet.Serialization;

namespace WsIngress.Cluster;

/// <summary>
/// One kubeconfig, or several as one: of two entries with the same name the first counts, and so does the first current context. Files that an entry
/// names are relative to the file in which it stands.
/// </summary>
internal sealed class Kubeconfig
{
    private readonly List<k8s.KubeConfigModels.Cluster> _clusters = [];
    private readonly List<User> _users = [];
    private readonly List<Context> _contexts = [];

    /// <summary>By user. The library does not know the field.</summary>
    private readonly Dictionary<string, string> _tokenFiles = new(StringComparer.OrdinalIgnoreCase);
    private string? _currentContext;

    /// <summary>Every file that an entry names, but those of tokens: these are read for each request.</summary>
    public IEnumerable<string> Mentioned => _clusters.Select(c => c.ClusterEndpoint?.CertificateAuthority)
        .Concat(_users.SelectMany(u => new[] { u.UserCredentials?.ClientCertificate, u.UserCredentials?.ClientKey }))
        .OfType<string>()
        .Where(file => file.Length > 0)
        .Distinct();

    /// <summary>Adds what no file before this one has.</summary>
    public void Add(string path)
    {
        var text = File.ReadAllText(path);
        var file = KubernetesYaml.Deserialize<K8SConfiguration>(text);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var cluster in New(file?.Clusters, _clusters, c => c.Name))
        {
            if (cluster.ClusterEndpoint is { } endpoint)
            {
                endpoint.CertificateAuthority = Full(endpoint.CertificateAuthority, folder);
            }
        }

        var tokens = KubernetesYaml.Deserialize<TokenFiles>(text)?.Users ?? [];
        foreach (var user in New(file?.Users, _users, u => u.Name))
        {
            var credentials = user.UserCredentials ??= new();
            (credentials.ClientCertificate, credentials.ClientKey) = (Full(credentials.ClientCertificate, folder), Full(credentials.ClientKey, folder));
            if (tokens.FirstOrDefault(t => t.Name == user.Name)?.User?.TokenFile is { Length: > 0 } token)
            {
                // As for kubectl, a file wins over a token beside it. That it is there is seen now, and the library wants a token.
                _tokenFiles[user.Name] = Full(token, folder)!;
                credentials.Token = File.ReadAllText(_tokenFiles[user.Name]).Trim();
            }
        }

        New(file?.Contexts, _contexts, c => c.Name);
        _currentContext = string.IsNullOrEmpty(_currentContext) ? file?.CurrentContext : _currentContext;
    }

    /// <param name="context">Null for the current one.</param>
    public KubernetesClientConfiguration Build(string? context)
    {
        var all = new K8SConfiguration { Clusters = _clusters, Users = _users, Contexts = _contexts, CurrentContext = _currentContext };
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(all, context);
        var chosen = _contexts.First(c => string.Equals(c.Name, configuration.CurrentContext, StringComparison.OrdinalIgnoreCase)).ContextDetails;
        if (_tokenFiles.TryGetValue(chosen.User ?? "", out var token))
        {
            configuration.TokenProvider = new FileToken(token);
        }

        if (configuration.SslCaCerts is not null)
        {
            configuration.SslCaCerts = Authorities(_clusters.First(c => string.Equals(c.Name, chosen.Cluster, StringComparison.OrdinalIgnoreCase)).ClusterEndpoint);
        }

        return configuration;
    }

    /// <summary>All of them: the library reads the first alone, and while an authority is replaced the old and the new one stand together.</summary>
    private static X509Certificate2Collection Authorities(ClusterEndpoint cluster)
    {
        var bytes = string.IsNullOrEmpty(cluster.CertificateAuthorityData) ? File.ReadAllBytes(cluster.CertificateAuthority) : Convert.FromBase64String(cluster.CertificateAuthorityData);
        var text = Encoding.ASCII.GetString(bytes);
        var authorities = new X509Certificate2Collection();
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            authorities.ImportFromPem(text);
        }
        else
        {
            authorities.Add(X509CertificateLoader.LoadCertificate(bytes));
        }

        return authorities.Count > 0 ? authorities : throw new IOException("the certificate authority holds no certificate");
    }

    /// <summary>The entries whose names are new; they now stand among <paramref name="known"/>.</summary>
    private static List<T> New<T>(IEnumerable<T>? found, List<T> known, Func<T, string> name)
    {
        List<T> fresh = [.. (found ?? []).Where(one => !known.Exists(other => string.Equals(name(other), name(one), StringComparison.OrdinalIgnoreCase)))];
        known.AddRange(fresh);
        return fresh;
    }

    private static string? Full(string? file, string folder) => string.IsNullOrEmpty(file) ? file : Path.GetFullPath(file, folder);

    private sealed class TokenFiles
    {
        [YamlMember(Alias = "users")]
        public List<TokenUser>? Users { get; set; }
    }

    private sealed class TokenUser
    {
        [YamlMember(Alias = "name")]
        public string? Name { get; set; }

        [YamlMember(Alias = "user")]
        public TokenCredentials? User { get; set; }
    }

    private sealed class TokenCredentials
    {
        [YamlMember(Alias = "tokenFile")]
        public string? TokenFile { get; set; }
    }
}
