using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Transport.Tls;

/// <summary>Certificates that are trusted to sign others: an <c>X509_STORE</c>, which any number of contexts and threads share.</summary>
internal sealed unsafe class Authorities : IDisposable
{
    /// <summary>Where distributions keep all authorities in one file; tried beside OpenSSL's own places, since small images lack the links by hash that those need.</summary>
    private static readonly string[] Bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    private static readonly Lazy<Authorities> SystemStore = new(ReadSystem);
    private readonly byte[] _fingerprint;

    private Authorities(OpenSslHandle store, OpenSslHandle names, byte[] fingerprint)
    {
        Store = store;
        Names = names;
        _fingerprint = fingerprint;
    }

    /// <summary>Those of the machine, read once: <c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c> or OpenSSL's own places, and the distribution's bundle.</summary>
    public static Authorities System => SystemStore.Value;

    internal OpenSslHandle Store { get; }

    /// <summary>Their names, which a server tells a client that it asks for a certificate (RFC 8446 §4.2.4).</summary>
    internal OpenSslHandle Names { get; }

    /// <summary>SHA-256 over all of them.</summary>
    public ReadOnlySpan<byte> Fingerprint => _fingerprint;

    /// <exception cref="CryptographicException">There is none, or one cannot be read; the message says which.</exception>
    public static Authorities FromPem(string pem)
    {
        OpenSslError.Clear();
        using var text = new PemText(pem);
        var (store, names) = Empty();
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            int count = 0;
            while (text.ReadCertificate(count + 1) is { } certificate)
            {
                using (certificate)
                {
                    Add(store, names, certificate.Value);
                    hash.AppendData(TlsCertificate.Encode(certificate.Value));
                    count++;
                }
            }

            return count > 0 ? new(store, names, hash.GetHashAndReset()) : throw new CryptographicException("there is no authority: no BEGIN CERTIFICATE line");
        }
        catch
        {
            store.Dispose();
            names.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        Names.Dispose();
    }

    private static (OpenSslHandle Store, OpenSslHandle Names) Empty() =>
        (new(OpenSslKind.Store, LibCrypto.X509_STORE_new()), new(OpenSslKind.NameStack, LibCrypto.OPENSSL_sk_new_null()));

    private static void Add(OpenSslHandle store, OpenSslHandle names, nint certificate)
    {
        // Adding one twice is fine: 1.1.1 and later answer success.
        if (LibCrypto.X509_STORE_add_cert(store.Value, certificate) != 1)
        {
            throw new CryptographicException($"an authority cannot be taken: {OpenSslError.Take().Text}");
        }

        nint name = LibCrypto.X509_NAME_dup(LibCrypto.X509_get_subject_name(certificate));
        if (name == 0 || LibCrypto.OPENSSL_sk_push(names.Value, name) <= 0)
        {
            throw new InsufficientMemoryException("OpenSSL has no memory for the name of an authority");
        }
    }

    private static Authorities ReadSystem()
    {
        var (store, names) = Empty();
        _ = LibCrypto.X509_STORE_set_default_paths(store.Value);
        if (Environment.GetEnvironmentVariable("SSL_CERT_FILE") is null && Array.Find(Bundles, File.Exists) is { } bundle)
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(bundle + "\0"))
            {
                _ = LibCrypto.X509_STORE_load_file(store.Value, path);
            }
        }

        // A place that is missing or empty is no failure here: a certificate that nothing vouches for is refused in its own handshake.
        OpenSslError.Clear();
        return new(store, names, []);
    }
}
