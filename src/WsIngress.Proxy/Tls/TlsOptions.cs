using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using WsIngress.Proxy.Live;

namespace WsIngress.Proxy.Tls;

/// <summary>TLS settings of a connection, chosen by SNI from the table of the moment: a renewed Secret serves the next handshake and no open one.</summary>
internal static class TlsOptions
{
    public static Func<TlsHandshakeCallbackContext, ValueTask<SslServerAuthenticationOptions>> For(LiveTableHolder tables) => context =>
        new(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = tables.Current.Certificates.Find(context.ClientHelloInfo.ServerName),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        });
}
