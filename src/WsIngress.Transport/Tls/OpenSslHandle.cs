using System.Runtime.InteropServices;

namespace WsIngress.Transport.Tls;

/// <summary>What an <see cref="OpenSslHandle"/> holds, and so how it is given back.</summary>
internal enum OpenSslKind
{
    Context,
    Certificate,
    CertificateStack,
    NameStack,
    Key,
    Store,
}

/// <summary>
/// One reference to an object of OpenSSL, given back exactly once: by <c>Dispose</c>, or by the finalizer when the last managed owner is gone.
/// OpenSSL counts references itself, so that a connection goes on with what it has taken from here.
/// </summary>
internal sealed unsafe class OpenSslHandle : SafeHandle
{
    private static int _live;
    private readonly OpenSslKind _kind;

    /// <exception cref="InsufficientMemoryException">OpenSSL answered null: it does so for want of memory alone.</exception>
    public OpenSslHandle(OpenSslKind kind, nint value)
        : base(0, ownsHandle: true)
    {
        if (value == 0)
        {
            throw new InsufficientMemoryException($"OpenSSL has no memory for another object ({kind})");
        }

        _kind = kind;
        Interlocked.Increment(ref _live);
        SetHandle(value);
    }

    /// <summary>Those that were not given back, in the whole process.</summary>
    public static int LiveCount => Volatile.Read(ref _live);

    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer. Whoever uses it keeps this object reachable until the call is over (<c>GC.KeepAlive</c>).</summary>
    public nint Value => handle;

    /// <summary>Hands the reference to an object of OpenSSL that owns it from now on; this handle is spent.</summary>
    public nint GiveAway()
    {
        nint value = handle;
        SetHandleAsInvalid();
        Interlocked.Decrement(ref _live);
        return value;
    }

    protected override bool ReleaseHandle()
    {
        switch (_kind)
        {
            case OpenSslKind.Context:
                LibSsl.SSL_CTX_free(handle);
                break;
            case OpenSslKind.Certificate:
                LibCrypto.X509_free(handle);
                break;
            case OpenSslKind.CertificateStack:
                LibCrypto.OPENSSL_sk_pop_free(handle, LibCrypto.X509_free);
                break;
            case OpenSslKind.NameStack:
                LibCrypto.OPENSSL_sk_pop_free(handle, LibCrypto.X509_NAME_free);
                break;
            case OpenSslKind.Key:
                LibCrypto.EVP_PKEY_free(handle);
                break;
            case OpenSslKind.Store:
                LibCrypto.X509_STORE_free(handle);
                break;
        }

        Interlocked.Decrement(ref _live);
        return true;
    }
}
