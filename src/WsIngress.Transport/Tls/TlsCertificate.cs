using System.Security.Cryptography;

namespace WsIngress.Transport.Tls;

/// <summary>
/// A certificate with its chain and key, read once and used by any number of connections on any thread. It is no <c>SSL_CTX</c>: a context
/// costs 12 KB and 170 µs each (measured, OpenSSL 3.0), which a cluster of 10,000 certificates would pay for nothing; giving a connection its
/// certificate in the ClientHello callback costs 2 µs.
/// </summary>
internal sealed unsafe class TlsCertificate : IDisposable
{
    private readonly OpenSslHandle _leaf;
    private readonly OpenSslHandle _key;
    private readonly OpenSslHandle _chain;
    private readonly byte[] _fingerprint;

    private TlsCertificate(OpenSslHandle leaf, OpenSslHandle key, OpenSslHandle chain, byte[] fingerprint)
    {
        _leaf = leaf;
        _key = key;
        _chain = chain;
        _fingerprint = fingerprint;
    }

    /// <summary>SHA-256 of the certificate itself; sessions are resumed only under the one they began with.</summary>
    public ReadOnlySpan<byte> Fingerprint => _fingerprint;

    /// <summary>Reads <c>tls.crt</c> and <c>tls.key</c>: the certificate first, then what leads to its authority; a key without password.</summary>
    /// <exception cref="CryptographicException">One of them is unusable; the message says which and why.</exception>
    public static TlsCertificate FromPem(string certificatePem, string keyPem)
    {
        OpenSslError.Clear();
        using var certificates = new PemText(certificatePem);
        var leaf = certificates.ReadCertificate(1) ?? throw new CryptographicException("the certificate is missing: there is no BEGIN CERTIFICATE line");
        OpenSslHandle? key = null;
        OpenSslHandle? chain = null;
        try
        {
            chain = certificates.ReadChain();
            key = PemText.ReadKey(keyPem);
            ScratchContext.Try(leaf, key, chain);
            return new(leaf, key, chain, SHA256.HashData(Encode(leaf.Value)));
        }
        catch
        {
            leaf.Dispose();
            key?.Dispose();
            chain?.Dispose();
            throw;
        }
    }

    /// <summary>DER of a certificate of OpenSSL (i2d_X509(3)).</summary>
    internal static byte[] Encode(nint certificate)
    {
        int length = LibCrypto.i2d_X509(certificate, null);
        byte[] der = new byte[Math.Max(0, length)];
        fixed (byte* at = der)
        {
            byte* end = at;
            _ = LibCrypto.i2d_X509(certificate, &end);
        }

        return der;
    }

    /// <summary>Gives a connection that is in its ClientHello this certificate; the connection counts its own references.</summary>
    internal bool Use(nint ssl)
    {
        int result = LibSsl.SSL_use_cert_and_key(ssl, _leaf.Value, _key.Value, _chain.Value, 1);
        GC.KeepAlive(this);
        return result == 1;
    }

    /// <summary>The same for a context, as a client's.</summary>
    internal bool UseFor(nint context)
    {
        int result = LibSsl.SSL_CTX_use_cert_and_key(context, _leaf.Value, _key.Value, _chain.Value, 1);
        GC.KeepAlive(this);
        return result == 1;
    }

    /// <summary>Only for an owner who knows that no handshake can still come here; all others leave it to the collector.</summary>
    public void Dispose()
    {
        _leaf.Dispose();
        _key.Dispose();
        _chain.Dispose();
    }

    /// <summary>Where a pair is tried before a client meets it: key against certificate, and sizes and digests against the security level.</summary>
    private static class ScratchContext
    {
        private static readonly Lock Gate = new();
        private static readonly OpenSslHandle Context = new(OpenSslKind.Context, LibSsl.SSL_CTX_new(LibSsl.TLS_server_method()));

        /// <exception cref="CryptographicException">OpenSSL refuses it; the message says why.</exception>
        public static void Try(OpenSslHandle leaf, OpenSslHandle key, OpenSslHandle chain)
        {
            OpenSslError.Clear();
            if (LibCrypto.X509_check_private_key(leaf.Value, key.Value) != 1)
            {
                throw new CryptographicException("the private key does not belong to the certificate");
            }

            lock (Gate)
            {
                if (LibSsl.SSL_CTX_use_cert_and_key(Context.Value, leaf.Value, key.Value, chain.Value, 1) == 1)
                {
                    return;
                }
            }

            throw new CryptographicException($"the certificate is refused: {OpenSslError.Take().Text}");
        }
    }
}
