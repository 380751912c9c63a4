using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WsIngress.Bench.Proxies;

/// <summary>The folder of one run: a certificate, filled-in configurations, logs. It goes when the run ends well.</summary>
internal sealed class Workplace : IDisposable
{
    public const string Host = "bench.local";

    /// <summary>Below the ports that the kernel gives to outgoing connections, of which there are many here.</summary>
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;

    private int _port = Random.Shared.Next(FirstPort, LastPort - 1000);

    public Workplace()
    {
        Folder = Directory.CreateTempSubdirectory("wsingress-bench-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(Path.Combine(Folder, "bench.pem"), File.ReadAllText(CertificateFile) + File.ReadAllText(KeyFile));
    }

    public string Folder { get; }

    public string CertificateFile => Path.Combine(Folder, "bench.crt");

    public string KeyFile => Path.Combine(Folder, "bench.key");

    /// <summary>Something went wrong: the logs stay.</summary>
    public bool Keep { get; set; }

    /// <summary>Files that each process may have open.</summary>
    public static int Files => File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] is var soft
        && int.TryParse(soft, CultureInfo.InvariantCulture, out var files) ? Math.Min(files, 200_000) : 200_000;

    public string Log(string name) => Path.Combine(Folder, $"{name}.log");

    public int FreePort()
    {
        while (true)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, _port++);
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken; the next one.
            }
        }
    }

    /// <summary>Fills in a template of the folder `peers`, and answers where the result is.</summary>
    public string Fill(string template, string to, params (string Name, string Value)[] values)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "peers", template));
        foreach (var (name, value) in values)
        {
            text = text.Replace($"@{name}@", value, StringComparison.Ordinal);
        }

        var path = Path.Combine(Folder, to);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        if (!Keep)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
