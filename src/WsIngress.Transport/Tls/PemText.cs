using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace WsIngress.Transport.Tls;

/// <summary>PEM (RFC 7468) as OpenSSL reads it: one block after the other, text between them passed over.</summary>
internal sealed unsafe class PemText : IDisposable
{
    private readonly byte[] _bytes;
    private readonly nint _bio;

    public PemText(string text)
    {
        // Pinned: OpenSSL reads from this memory between the calls.
        _bytes = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        int length = Encoding.UTF8.GetBytes(text, _bytes);
        _bio = LibCrypto.BIO_new_mem_buf((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0), length);
        if (_bio == 0)
        {
            throw new InsufficientMemoryException("OpenSSL has no memory for a PEM text");
        }
    }

    /// <summary>The private key of a text with one.</summary>
    /// <exception cref="CryptographicException">There is none, or it cannot be read; the message says why.</exception>
    public static OpenSslHandle ReadKey(string pem)
    {
        if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException("the private key is missing: there is no BEGIN PRIVATE KEY line");
        }

        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CryptographicException("the private key is encrypted; it must have no password");
        }

        OpenSslError.Clear();
        using var text = new PemText(pem);
        nint key = LibCrypto.PEM_read_bio_PrivateKey(text._bio, null, &NoPassword, 0);
        return key != 0 ? new(OpenSslKind.Key, key) : throw new CryptographicException($"the private key cannot be read: {OpenSslError.Take().Text}");
    }

    /// <summary>The next certificate; null when there is no other.</summary>
    /// <exception cref="CryptographicException">It cannot be read; the message says which by its place.</exception>
    public OpenSslHandle? ReadCertificate(int place)
    {
        nint certificate = LibCrypto.PEM_read_bio_X509(_bio, null, &NoPassword, 0);
        return certificate != 0 ? new(OpenSslKind.Certificate, certificate)
            : OpenSslError.TakeNoMorePem() ? null
            : throw new CryptographicException($"certificate {place} cannot be read: {OpenSslError.Take().Text}");
    }

    /// <summary>All that follow, as a stack.</summary>
    /// <exception cref="CryptographicException">One of them cannot be read.</exception>
    public OpenSslHandle ReadChain()
    {
        var stack = new OpenSslHandle(OpenSslKind.CertificateStack, LibCrypto.OPENSSL_sk_new_null());
        try
        {
            for (int place = 2; ReadCertificate(place) is { } next; place++)
            {
                // The stack owns its members: the handle's reference passes to it.
                if (LibCrypto.OPENSSL_sk_push(stack.Value, next.GiveAway()) <= 0)
                {
                    throw new InsufficientMemoryException("OpenSSL has no memory for a chain of certificates");
                }
            }

            return stack;
        }
        catch
        {
            stack.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _ = LibCrypto.BIO_free(_bio);
        CryptographicOperations.ZeroMemory(_bytes);
    }

    /// <summary>Without it OpenSSL would ask on the terminal.</summary>
    [UnmanagedCallersOnly]
    private static int NoPassword(byte* buffer, int size, int writing, nint state) => -1;
}
