using System.Runtime.InteropServices;

namespace WsIngress.Transport.Tls;

/// <summary>
/// Functions of libcrypto under their own names and with the results of their manual pages: mostly 1 for success. Those that only look at
/// memory skip the collector's bookkeeping.
/// </summary>
internal static unsafe class LibCrypto
{
    public const int BIO_CTRL_EOF = 2;
    public const int BIO_CTRL_GET_KTLS_SEND = 73;
    public const int BIO_CTRL_GET_KTLS_RECV = 76;
    public const uint OSSL_PARAM_UTF8_STRING = 4;
    public const uint OSSL_PARAM_OCTET_STRING = 5;
    public const int X509_V_OK = 0;
    public const int X509_V_ERR_HOSTNAME_MISMATCH = 62;
    public const uint X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 0x4;

    private static readonly nint Library = OpenSslFiles.Machine.Crypto;

    public static readonly delegate* unmanaged[SuppressGCTransition]<void> ERR_clear_error = (delegate* unmanaged[SuppressGCTransition]<void>)Export("ERR_clear_error");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nuint> ERR_get_error = (delegate* unmanaged[SuppressGCTransition]<nuint>)Export("ERR_get_error");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nuint> ERR_peek_error = (delegate* unmanaged[SuppressGCTransition]<nuint>)Export("ERR_peek_error");
    public static readonly delegate* unmanaged<nuint, nint> ERR_reason_error_string = (delegate* unmanaged<nuint, nint>)Export("ERR_reason_error_string");

    public static readonly delegate* unmanaged<byte*, int, nint> BIO_new_mem_buf = (delegate* unmanaged<byte*, int, nint>)Export("BIO_new_mem_buf");
    public static readonly delegate* unmanaged<nint, int> BIO_free = (delegate* unmanaged<nint, int>)Export("BIO_free");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, int, nint, void*, nint> BIO_ctrl = (delegate* unmanaged[SuppressGCTransition]<nint, int, nint, void*, nint>)Export("BIO_ctrl");
    public static readonly delegate* unmanaged<nint, nint*, delegate* unmanaged<byte*, int, int, nint, int>, nint, nint> PEM_read_bio_X509 = (delegate* unmanaged<nint, nint*, delegate* unmanaged<byte*, int, int, nint, int>, nint, nint>)Export("PEM_read_bio_X509");
    public static readonly delegate* unmanaged<nint, nint*, delegate* unmanaged<byte*, int, int, nint, int>, nint, nint> PEM_read_bio_PrivateKey = (delegate* unmanaged<nint, nint*, delegate* unmanaged<byte*, int, int, nint, int>, nint, nint>)Export("PEM_read_bio_PrivateKey");

    public static readonly delegate* unmanaged<nint, void> X509_free = (delegate* unmanaged<nint, void>)Export("X509_free");
    public static readonly delegate* unmanaged<nint, nint, int> X509_check_private_key = (delegate* unmanaged<nint, nint, int>)Export("X509_check_private_key");
    public static readonly delegate* unmanaged<nint, byte**, int> i2d_X509 = (delegate* unmanaged<nint, byte**, int>)Export("i2d_X509");
    public static readonly delegate* unmanaged<nint, nint> X509_get_subject_name = (delegate* unmanaged<nint, nint>)Export("X509_get_subject_name");
    public static readonly delegate* unmanaged<nint, nint> X509_NAME_dup = (delegate* unmanaged<nint, nint>)Export("X509_NAME_dup");
    public static readonly delegate* unmanaged<nint, void> X509_NAME_free = (delegate* unmanaged<nint, void>)Export("X509_NAME_free");
    public static readonly delegate* unmanaged<nint, nint> X509_verify_cert_error_string = (delegate* unmanaged<nint, nint>)Export("X509_verify_cert_error_string");
    public static readonly delegate* unmanaged<nint, byte*, nuint, int> X509_VERIFY_PARAM_set1_ip = (delegate* unmanaged<nint, byte*, nuint, int>)Export("X509_VERIFY_PARAM_set1_ip");
    public static readonly delegate* unmanaged<nint> X509_STORE_new = (delegate* unmanaged<nint>)Export("X509_STORE_new");
    public static readonly delegate* unmanaged<nint, void> X509_STORE_free = (delegate* unmanaged<nint, void>)Export("X509_STORE_free");
    public static readonly delegate* unmanaged<nint, nint, int> X509_STORE_add_cert = (delegate* unmanaged<nint, nint, int>)Export("X509_STORE_add_cert");
    public static readonly delegate* unmanaged<nint, int> X509_STORE_set_default_paths = (delegate* unmanaged<nint, int>)Export("X509_STORE_set_default_paths");
    public static readonly delegate* unmanaged<nint, byte*, int> X509_STORE_load_file = (delegate* unmanaged<nint, byte*, int>)Export("X509_STORE_load_file");
    public static readonly delegate* unmanaged<nint, void> EVP_PKEY_free = (delegate* unmanaged<nint, void>)Export("EVP_PKEY_free");

    public static readonly delegate* unmanaged<nint> OPENSSL_sk_new_null = (delegate* unmanaged<nint>)Export("OPENSSL_sk_new_null");
    public static readonly delegate* unmanaged<nint, nint, int> OPENSSL_sk_push = (delegate* unmanaged<nint, nint, int>)Export("OPENSSL_sk_push");
    public static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, void>, void> OPENSSL_sk_pop_free = (delegate* unmanaged<nint, delegate* unmanaged<nint, void>, void>)Export("OPENSSL_sk_pop_free");

    public static readonly delegate* unmanaged<nint, byte*, byte*, nint> EVP_CIPHER_fetch = (delegate* unmanaged<nint, byte*, byte*, nint>)Export("EVP_CIPHER_fetch");
    public static readonly delegate* unmanaged<nint, nint, nint, byte*, byte*, int> EVP_EncryptInit_ex = (delegate* unmanaged<nint, nint, nint, byte*, byte*, int>)Export("EVP_EncryptInit_ex");
    public static readonly delegate* unmanaged<nint, nint, nint, byte*, byte*, int> EVP_DecryptInit_ex = (delegate* unmanaged<nint, nint, nint, byte*, byte*, int>)Export("EVP_DecryptInit_ex");
    public static readonly delegate* unmanaged<nint, OsslParam*, int> EVP_MAC_CTX_set_params = (delegate* unmanaged<nint, OsslParam*, int>)Export("EVP_MAC_CTX_set_params");
    public static readonly delegate* unmanaged<byte*, int, int> RAND_bytes = (delegate* unmanaged<byte*, int, int>)Export("RAND_bytes");

    /// <summary>The address of a function, where OpenSSL itself is to call it.</summary>
    public static nint Export(string name) => NativeLibrary.GetExport(Library, name);
}

/// <summary><c>OSSL_PARAM</c> (OSSL_PARAM(3)); an array of them ends with one whose key is null.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OsslParam
{
    public byte* Key;
    public uint Type;
    public void* Data;
    public nuint Size;
    public nuint ReturnSize;
}
