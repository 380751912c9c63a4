using System.Text;

namespace WsIngress.Transport.Tls;

/// <summary>What every context here has in common: TLS 1.2 and 1.3, no compression, no renegotiation, buffers only while bytes move.</summary>
internal static unsafe class TlsContext
{
    /// <summary>Mozilla's "intermediate" for TLS 1.3 (Server Side TLS 5.7).</summary>
    private const string Suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

    /// <summary>
    /// The same for TLS 1.2 without its three suites of finite-field Diffie-Hellman: any client can make a server compute them at a cost out of all
    /// proportion (CVE-2002-20001), and no client of the last ten years needs them.
    /// </summary>
    private const string Ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    private const string Groups = "X25519:prime256v1:secp384r1";

    /// <summary>OpenSSL 3.5 and later; older ones refuse a list with a name they do not know.</summary>
    private const string GroupsWithMlKem = "X25519MLKEM768:" + Groups;

    /// <summary>The kernel offers TLS: loaded as module, since asking for it by a socket would have every connection look for the module.</summary>
    public static bool KernelTlsOffered { get; } = IsKernelTlsOffered();

    /// <exception cref="InvalidOperationException">This OpenSSL, or its configuration, refuses a setting that is needed.</exception>
    public static OpenSslHandle ForServer(bool kernelTls)
    {
        var context = Create(LibSsl.TLS_server_method(), kernelTls);
        Check(context, SetText(context, Suites, LibSsl.SSL_CTX_set_ciphersuites) == 1, "its TLS 1.3 cipher suites");
        Check(context, SetText(context, Ciphers, LibSsl.SSL_CTX_set_cipher_list) == 1, "its TLS 1.2 cipher suites");
        if (!TrySetGroups(context, GroupsWithMlKem))
        {
            Check(context, TrySetGroups(context, Groups), "its groups");
        }

        return context;
    }

    /// <summary>As a client, suites and groups are OpenSSL's own: pods are older than browsers.</summary>
    /// <exception cref="InvalidOperationException">This OpenSSL, or its configuration, refuses a setting that is needed.</exception>
    public static OpenSslHandle ForClient(bool kernelTls) => Create(LibSsl.TLS_client_method(), kernelTls);

    /// <summary>The wire form of ALPN names (RFC 7301 §3.1): each behind a byte with its length.</summary>
    public static byte[] AlpnWire(IEnumerable<string> names) => [.. names.SelectMany(name => (byte[])[(byte)name.Length, .. Encoding.ASCII.GetBytes(name)])];

    private static OpenSslHandle Create(nint method, bool kernelTls)
    {
        OpenSslError.Clear();
        var context = new OpenSslHandle(OpenSslKind.Context, LibSsl.SSL_CTX_new(method));

        // A peer that closes without close_notify ends its half and not ours; that it did so is noted by the session.
        ulong options = LibSsl.SSL_OP_NO_RENEGOTIATION | LibSsl.SSL_OP_NO_COMPRESSION | LibSsl.SSL_OP_IGNORE_UNEXPECTED_EOF;
        _ = LibSsl.SSL_CTX_set_options(context.Value, kernelTls && KernelTlsOffered ? options | LibSsl.SSL_OP_ENABLE_KTLS : options);
        int mode = LibSsl.SSL_MODE_ENABLE_PARTIAL_WRITE | LibSsl.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | LibSsl.SSL_MODE_RELEASE_BUFFERS;
        _ = LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_MODE, mode, null);

        // With it SSL_read does not return while messages without data come in: one peer would have the loop for itself. Without it SSL_read
        // returns when it has nothing read ahead, so that no record waits unseen (ssl3_read_bytes).
        _ = LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_CLEAR_MODE, LibSsl.SSL_MODE_AUTO_RETRY, null);

        // Header and body of a record by one call of the kernel: 7 % less CPU per message (measured).
        _ = LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_SET_READ_AHEAD, 1, null);
        _ = LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_SET_SESS_CACHE_MODE, LibSsl.SSL_SESS_CACHE_OFF, null);
        Check(context, LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_SET_MIN_PROTO_VERSION, LibSsl.TLS1_2_VERSION, null) == 1, "TLS 1.2 as lowest version");
        Check(context, LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, LibSsl.TLS1_3_VERSION, null) == 1, "TLS 1.3 as highest version");
        return context;
    }

    private static bool TrySetGroups(OpenSslHandle context, string groups)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(groups + "\0"))
        {
            bool done = LibSsl.SSL_CTX_ctrl(context.Value, LibSsl.SSL_CTRL_SET_GROUPS_LIST, 0, text) == 1;
            OpenSslError.Clear();
            return done;
        }
    }

    private static int SetText(OpenSslHandle context, string value, delegate* unmanaged<nint, byte*, int> set)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(value + "\0"))
        {
            return set(context.Value, text);
        }
    }

    private static void Check(OpenSslHandle context, bool done, string what)
    {
        if (!done)
        {
            context.Dispose();
            throw new InvalidOperationException($"{OpenSsl.Version} refuses {what}: {OpenSslError.Take().Text}");
        }
    }

    private static bool IsKernelTlsOffered()
    {
        try
        {
            return File.ReadAllText("/proc/sys/net/ipv4/tcp_available_ulp").Split(' ', StringSplitOptions.TrimEntries).Contains("tls");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
