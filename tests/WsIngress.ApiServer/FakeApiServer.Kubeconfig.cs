using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WsIngress.ApiServer;

/// <summary>Kubeconfigs (JSON, which is YAML) with one context for this server.</summary>
public sealed partial class FakeApiServer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes a kubeconfig whose user has a bearer token.</summary>
    public void WriteKubeconfig(string path, string token = "admin") => Write(path, new JsonObject { ["token"] = token });

    /// <summary>Writes a kubeconfig whose user has a client certificate of the server's authority; needs TLS. Rights: <see cref="AccessRights.SetCertificateUser"/>.</summary>
    public void WriteKubeconfigWithCertificate(string path, string commonName)
    {
        var (certificate, key) = Authority.IssueClient(commonName);
        Write(path, new JsonObject { ["client-certificate-data"] = Base64(certificate), ["client-key-data"] = Base64(key) });
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private void Write(string path, JsonObject user)
    {
        var cluster = new JsonObject { ["server"] = Address.ToString().TrimEnd('/') };
        if (_options.Tls)
        {
            cluster["certificate-authority-data"] = Base64(Authority.Pem);
        }

        var config = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = "fake",
            ["clusters"] = new JsonArray(new JsonObject { ["name"] = "fake", ["cluster"] = cluster }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = "fake", ["user"] = user }),
            ["contexts"] = new JsonArray(new JsonObject { ["name"] = "fake", ["context"] = new JsonObject { ["cluster"] = "fake", ["user"] = "fake" } }),
        };
        File.WriteAllText(path, config.ToJsonString(Indented));
    }
}
