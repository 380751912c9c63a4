using System.Net.Http.Headers;
using k8s.Authentication;

namespace WsIngress.Cluster;

/// <summary>The token of a file, as it is now: who writes it writes a new one long before the old one expires.</summary>
internal sealed class FileToken(string path) : ITokenProvider
{
    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        return new("Bearer", text.Trim());
    }
}
