namespace WsIngress.Transport.Tls;

/// <summary>Sets OpenSSL's cipher and MAC up for one ticket: AES-256-CBC and HMAC-SHA-256, as RFC 5077 §4 recommends.</summary>
internal static unsafe class TicketSeal
{
    private const int IvLength = 16;

    private static readonly nint Cipher = FetchCipher();

    /// <summary>For a new ticket: writes the key's name and a random IV, and readies both contexts.</summary>
    public static bool Seal(TicketKey key, byte* name, byte* iv, nint cipher, nint mac)
    {
        key.Name.CopyTo(new Span<byte>(name, TicketKey.NameLength));
        fixed (byte* secret = key.CipherKey)
        {
            return LibCrypto.RAND_bytes(iv, IvLength) == 1 && LibCrypto.EVP_EncryptInit_ex(cipher, Cipher, 0, secret, iv) == 1 && SetMac(key, mac);
        }
    }

    /// <summary>For a ticket that a client shows.</summary>
    public static bool Open(TicketKey key, byte* iv, nint cipher, nint mac)
    {
        fixed (byte* secret = key.CipherKey)
        {
            return LibCrypto.EVP_DecryptInit_ex(cipher, Cipher, 0, secret, iv) == 1 && SetMac(key, mac);
        }
    }

    private static bool SetMac(TicketKey key, nint mac)
    {
        OsslParam* parameters = stackalloc OsslParam[3];
        fixed (byte* secret = key.SealKey, keyName = "key\0"u8, digestName = "digest\0"u8, digest = "SHA256\0"u8)
        {
            parameters[0] = new() { Key = keyName, Type = LibCrypto.OSSL_PARAM_OCTET_STRING, Data = secret, Size = TicketKey.SecretLength };
            parameters[1] = new() { Key = digestName, Type = LibCrypto.OSSL_PARAM_UTF8_STRING, Data = digest, Size = 6 };
            parameters[2] = default;
            return LibCrypto.EVP_MAC_CTX_set_params(mac, parameters) == 1;
        }
    }

    /// <summary>Fetched once: a fetch by name costs as much as the sealing.</summary>
    private static nint FetchCipher()
    {
        fixed (byte* name = "AES-256-CBC\0"u8)
        {
            return LibCrypto.EVP_CIPHER_fetch(0, name, null);
        }
    }
}
