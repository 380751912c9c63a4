using System.Runtime.InteropServices;

namespace WsIngress.Transport.Tls;

/// <summary>The two shared libraries of OpenSSL, opened and of a version that is served, or the reason why not.</summary>
/// <param name="Ssl">Handle of libssl; 0 with a <paramref name="Refusal"/>.</param>
/// <param name="Crypto">Handle of libcrypto; 0 with a <paramref name="Refusal"/>.</param>
/// <param name="Version">What libcrypto says of itself, such as "OpenSSL 3.0.22 25 Aug 2026".</param>
/// <param name="Refusal">Why they are not used: one sentence for the log, or null.</param>
internal sealed unsafe record OpenSslFiles(nint Ssl, nint Crypto, string Version, string? Refusal)
{
    private const string SslName = "libssl.so.3";
    private const string CryptoName = "libcrypto.so.3";

    /// <summary>Only looked for to say what is there instead.</summary>
    private const string OldSslName = "libssl.so.1.1";

    /// <summary><c>OPENSSL_VERSION</c> of OpenSSL_version(3).</summary>
    private const int VersionText = 0;

    /// <summary>What this process uses.</summary>
    public static OpenSslFiles Machine { get; } = Open(SslName, CryptoName);

    /// <summary>Opens libraries by name or path. Never throws for what it finds.</summary>
    public static OpenSslFiles Open(string sslName, string cryptoName)
    {
        if (!NativeLibrary.TryLoad(cryptoName, out nint crypto))
        {
            return Refused(Missing(cryptoName));
        }

        // OpenSSL 1.0 has neither; 1.1.0 and later have both.
        if (!NativeLibrary.TryGetExport(crypto, "OpenSSL_version_num", out nint number) || !NativeLibrary.TryGetExport(crypto, "OpenSSL_version", out nint text))
        {
            return Refused($"{cryptoName} is no OpenSSL 3: it does not say its version");
        }

        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)text)(VersionText)) ?? "OpenSSL without a version";
        if (RefusalOf(((delegate* unmanaged<nuint>)number)(), version) is { } refusal)
        {
            return Refused(refusal);
        }

        if (!NativeLibrary.TryLoad(sslName, out nint ssl))
        {
            return Refused(Missing(sslName));
        }

        return NativeLibrary.TryGetExport(ssl, "SSL_CTX_set_tlsext_ticket_key_evp_cb", out _)
            ? new(ssl, crypto, version, null)
            : Refused($"{sslName} does not belong to {version}: it lacks SSL_CTX_set_tlsext_ticket_key_evp_cb, which every OpenSSL 3 has");
    }

    /// <summary>Null for OpenSSL 3; the number is <c>0xMNN00PP0</c> (OpenSSL_version_num(3)).</summary>
    internal static string? RefusalOf(nuint number, string version) => (number >> 28) switch
    {
        3 => null,
        < 3 => $"{version} is refused: OpenSSL 1.1 and older get no security fixes any more; {SslName} and {CryptoName} of OpenSSL 3 are needed",
        _ => $"{version} is refused: it is newer than OpenSSL 3, whose {SslName} and {CryptoName} are needed",
    };

    private static string Missing(string name)
    {
        if (NativeLibrary.TryLoad(OldSslName, out nint old))
        {
            NativeLibrary.Free(old);
            return $"{name} of OpenSSL 3 is not on this machine; {OldSslName} is, but OpenSSL 1.1 gets no security fixes any more and is refused";
        }

        return $"{name} of OpenSSL 3 is not on this machine";
    }

    private static OpenSslFiles Refused(string why) => new(0, 0, "", why);
}
