using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WsIngress.Transport.Tls;

/// <summary>What a server demands of its clients' certificates.</summary>
/// <param name="authorities">Who may sign them.</param>
/// <param name="required">
/// True: without a certificate that verifies there is no connection. False: it is asked for, and the connection goes on whatever comes;
/// <see cref="TlsSession.PeerCertificate"/> and <see cref="TlsSession.PeerRefusal"/> say what came.
/// </param>
internal sealed unsafe class ClientTrust(Authorities authorities, bool required)
{
    public bool Required => required;

    /// <summary>Sessions that began under other demands are not resumed under these.</summary>
    public byte[] Fingerprint { get; } = SHA256.HashData([required ? (byte)1 : (byte)0, .. authorities.Fingerprint]);

    /// <summary>Makes these the demands of a connection that is in its ClientHello.</summary>
    internal void Apply(nint ssl)
    {
        int mode = LibSsl.SSL_VERIFY_PEER | (required ? LibSsl.SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
        LibSsl.SSL_set_verify(ssl, mode, required ? null : &GoOn);
        _ = LibSsl.SSL_ctrl(ssl, LibSsl.SSL_CTRL_SET_VERIFY_CERT_STORE, 1, (void*)authorities.Store.Value);
        LibSsl.SSL_set_client_CA_list(ssl, LibSsl.SSL_dup_CA_list(authorities.Names.Value));
        GC.KeepAlive(this);
    }

    /// <summary>Whatever was found stays in the connection's verify result; the handshake goes on (SSL_set_verify(3)).</summary>
    [UnmanagedCallersOnly]
    private static int GoOn(int verified, nint storeContext) => 1;
}
