using System.Collections.Concurrent;

namespace WsIngress.ApiServer;

/// <summary>Who has which bearer token and may do what. Changes take effect with the next request; open watches go on.</summary>
public sealed class AccessRights
{
    internal const string Anonymous = "system:anonymous";

    private readonly ConcurrentDictionary<string, (string User, AccessRule[] Rules)> _tokens = new();
    private readonly ConcurrentDictionary<string, AccessRule[]> _certificates = new();

    internal AccessRights() => Set("admin", "kubernetes-admin", AccessRule.Everything);

    /// <summary>Gives the token to the user, with these rights in place of earlier ones.</summary>
    public void Set(string token, string user, params AccessRule[] rules) => _tokens[token] = (user, rules);

    /// <summary>Makes the token unknown: 401.</summary>
    public void Withdraw(string token) => _tokens.TryRemove(token, out _);

    /// <summary>Gives the rights to the user that a client certificate names as its common name.</summary>
    public void SetCertificateUser(string commonName, params AccessRule[] rules) => _certificates[commonName] = rules;

    /// <summary>The caller behind a bearer token (null: none was sent) or a client certificate.</summary>
    /// <exception cref="ApiFailure">401: unknown token.</exception>
    internal Caller Authenticate(string? token, string? commonName)
    {
        if (token is not null)
        {
            return _tokens.TryGetValue(token, out var known) ? new Caller(known.User, known.Rules) : throw ApiFailure.Unauthorized();
        }

        return commonName is not null ? new Caller(commonName, _certificates.GetValueOrDefault(commonName, [])) : new Caller(Anonymous, []);
    }
}
