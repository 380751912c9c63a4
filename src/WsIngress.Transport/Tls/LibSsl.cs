using System.Runtime.InteropServices;

namespace WsIngress.Transport.Tls;

/// <summary>
/// Functions of libssl under their own names and with the results of their manual pages. Macros of its headers are calls of <c>SSL_ctrl</c> and
/// <c>SSL_CTX_ctrl</c> with the codes below (ssl.h, tls1.h of 3.0; they are part of the ABI). Those that only look at memory skip the collector's
/// bookkeeping. <c>SSL_read</c> and <c>SSL_write</c> do not: it is 4 ns of several µs (measured), and both may call back into managed code.
/// </summary>
internal static unsafe class LibSsl
{
    public const int SSL_ERROR_SSL = 1;
    public const int SSL_ERROR_WANT_READ = 2;
    public const int SSL_ERROR_WANT_WRITE = 3;
    public const int SSL_ERROR_SYSCALL = 5;
    public const int SSL_ERROR_ZERO_RETURN = 6;

    public const int SSL_CTRL_MODE = 33;
    public const int SSL_CTRL_SET_READ_AHEAD = 41;
    public const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    public const int SSL_CTRL_SET_TLSEXT_SERVERNAME_CB = 53;
    public const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    public const int SSL_CTRL_CLEAR_MODE = 78;
    public const int SSL_CTRL_SET_GROUPS_LIST = 92;
    public const int SSL_CTRL_SET_VERIFY_CERT_STORE = 106;
    public const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    public const int SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

    public const ulong SSL_OP_ENABLE_KTLS = 1UL << 3;
    public const ulong SSL_OP_IGNORE_UNEXPECTED_EOF = 1UL << 7;
    public const ulong SSL_OP_NO_COMPRESSION = 1UL << 17;
    public const ulong SSL_OP_NO_RENEGOTIATION = 1UL << 30;
    public const int SSL_MODE_ENABLE_PARTIAL_WRITE = 0x1;
    public const int SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2;
    public const int SSL_MODE_AUTO_RETRY = 0x4;
    public const int SSL_MODE_RELEASE_BUFFERS = 0x10;
    public const int SSL_SESS_CACHE_OFF = 0;
    public const int SSL_VERIFY_NONE = 0;
    public const int SSL_VERIFY_PEER = 1;
    public const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
    public const int SSL_RECEIVED_SHUTDOWN = 2;
    public const int SSL_TLSEXT_ERR_OK = 0;
    public const int SSL_TLSEXT_ERR_ALERT_FATAL = 2;
    public const int SSL_TLSEXT_ERR_NOACK = 3;
    public const int SSL_AD_INTERNAL_ERROR = 80;
    public const int TLSEXT_TYPE_server_name = 0;
    public const int TLS1_2_VERSION = 0x0303;
    public const int TLS1_3_VERSION = 0x0304;

    private static readonly nint Library = OpenSslFiles.Machine.Ssl;

    public static readonly delegate* unmanaged<ulong, nint, int> OPENSSL_init_ssl = (delegate* unmanaged<ulong, nint, int>)Export("OPENSSL_init_ssl");
    public static readonly delegate* unmanaged<nint> TLS_server_method = (delegate* unmanaged<nint>)Export("TLS_server_method");
    public static readonly delegate* unmanaged<nint> TLS_client_method = (delegate* unmanaged<nint>)Export("TLS_client_method");

    public static readonly delegate* unmanaged<nint, nint> SSL_CTX_new = (delegate* unmanaged<nint, nint>)Export("SSL_CTX_new");
    public static readonly delegate* unmanaged<nint, void> SSL_CTX_free = (delegate* unmanaged<nint, void>)Export("SSL_CTX_free");
    public static readonly delegate* unmanaged<nint, int, nint, void*, nint> SSL_CTX_ctrl = (delegate* unmanaged<nint, int, nint, void*, nint>)Export("SSL_CTX_ctrl");
    public static readonly delegate* unmanaged<nint, int, delegate* unmanaged<nint, int*, nint, int>, nint> SSL_CTX_callback_ctrl = (delegate* unmanaged<nint, int, delegate* unmanaged<nint, int*, nint, int>, nint>)Export("SSL_CTX_callback_ctrl");
    public static readonly delegate* unmanaged<nint, ulong, ulong> SSL_CTX_set_options = (delegate* unmanaged<nint, ulong, ulong>)Export("SSL_CTX_set_options");
    public static readonly delegate* unmanaged<nint, byte*, int> SSL_CTX_set_cipher_list = (delegate* unmanaged<nint, byte*, int>)Export("SSL_CTX_set_cipher_list");
    public static readonly delegate* unmanaged<nint, byte*, int> SSL_CTX_set_ciphersuites = (delegate* unmanaged<nint, byte*, int>)Export("SSL_CTX_set_ciphersuites");
    public static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, int*, nint, int>, nint, void> SSL_CTX_set_client_hello_cb = (delegate* unmanaged<nint, delegate* unmanaged<nint, int*, nint, int>, nint, void>)Export("SSL_CTX_set_client_hello_cb");
    public static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int>, nint, void> SSL_CTX_set_alpn_select_cb = (delegate* unmanaged<nint, delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int>, nint, void>)Export("SSL_CTX_set_alpn_select_cb");
    public static readonly delegate* unmanaged<nint, byte*, uint, int> SSL_CTX_set_alpn_protos = (delegate* unmanaged<nint, byte*, uint, int>)Export("SSL_CTX_set_alpn_protos");
    public static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int>, int> SSL_CTX_set_tlsext_ticket_key_evp_cb = (delegate* unmanaged<nint, delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int>, int>)Export("SSL_CTX_set_tlsext_ticket_key_evp_cb");
    public static readonly delegate* unmanaged<nint, nuint, int> SSL_CTX_set_num_tickets = (delegate* unmanaged<nint, nuint, int>)Export("SSL_CTX_set_num_tickets");
    public static readonly delegate* unmanaged<nint, nint, nint> SSL_CTX_set_timeout = (delegate* unmanaged<nint, nint, nint>)Export("SSL_CTX_set_timeout");
    public static readonly delegate* unmanaged<nint, int, nint, void> SSL_CTX_set_verify = (delegate* unmanaged<nint, int, nint, void>)Export("SSL_CTX_set_verify");
    public static readonly delegate* unmanaged<nint, nint, void> SSL_CTX_set1_cert_store = (delegate* unmanaged<nint, nint, void>)Export("SSL_CTX_set1_cert_store");
    public static readonly delegate* unmanaged<nint, nint, nint, nint, int, int> SSL_CTX_use_cert_and_key = (delegate* unmanaged<nint, nint, nint, nint, int, int>)Export("SSL_CTX_use_cert_and_key");

    public static readonly delegate* unmanaged<nint, nint> SSL_new = (delegate* unmanaged<nint, nint>)Export("SSL_new");
    public static readonly delegate* unmanaged<nint, void> SSL_free = (delegate* unmanaged<nint, void>)Export("SSL_free");
    public static readonly delegate* unmanaged<nint, int, int> SSL_set_fd = (delegate* unmanaged<nint, int, int>)Export("SSL_set_fd");
    public static readonly delegate* unmanaged<nint, void> SSL_set_accept_state = (delegate* unmanaged<nint, void>)Export("SSL_set_accept_state");
    public static readonly delegate* unmanaged<nint, void> SSL_set_connect_state = (delegate* unmanaged<nint, void>)Export("SSL_set_connect_state");
    public static readonly delegate* unmanaged<nint, int, nint, void*, nint> SSL_ctrl = (delegate* unmanaged<nint, int, nint, void*, nint>)Export("SSL_ctrl");
    public static readonly delegate* unmanaged<nint, int, delegate* unmanaged<int, nint, int>, void> SSL_set_verify = (delegate* unmanaged<nint, int, delegate* unmanaged<int, nint, int>, void>)Export("SSL_set_verify");
    public static readonly delegate* unmanaged<nint, nint, nint, nint, int, int> SSL_use_cert_and_key = (delegate* unmanaged<nint, nint, nint, nint, int, int>)Export("SSL_use_cert_and_key");
    public static readonly delegate* unmanaged<nint, byte*, uint, int> SSL_set_session_id_context = (delegate* unmanaged<nint, byte*, uint, int>)Export("SSL_set_session_id_context");
    public static readonly delegate* unmanaged<nint, nint, void> SSL_set_client_CA_list = (delegate* unmanaged<nint, nint, void>)Export("SSL_set_client_CA_list");
    public static readonly delegate* unmanaged<nint, nint> SSL_dup_CA_list = (delegate* unmanaged<nint, nint>)Export("SSL_dup_CA_list");
    public static readonly delegate* unmanaged<nint, uint, byte**, nuint*, int> SSL_client_hello_get0_ext = (delegate* unmanaged<nint, uint, byte**, nuint*, int>)Export("SSL_client_hello_get0_ext");
    public static readonly delegate* unmanaged<nint, byte*, int> SSL_set1_host = (delegate* unmanaged<nint, byte*, int>)Export("SSL_set1_host");
    public static readonly delegate* unmanaged<nint, uint, void> SSL_set_hostflags = (delegate* unmanaged<nint, uint, void>)Export("SSL_set_hostflags");
    public static readonly delegate* unmanaged<nint, nint> SSL_get0_param = (delegate* unmanaged<nint, nint>)Export("SSL_get0_param");

    public static readonly delegate* unmanaged<nint, int> SSL_do_handshake = (delegate* unmanaged<nint, int>)Export("SSL_do_handshake");
    public static readonly delegate* unmanaged<nint, byte*, int, int> SSL_read = (delegate* unmanaged<nint, byte*, int, int>)Export("SSL_read");
    public static readonly delegate* unmanaged<nint, byte*, int, int> SSL_write = (delegate* unmanaged<nint, byte*, int, int>)Export("SSL_write");
    public static readonly delegate* unmanaged<nint, int> SSL_shutdown = (delegate* unmanaged<nint, int>)Export("SSL_shutdown");
    public static readonly delegate* unmanaged<nint, delegate* unmanaged<nint, int, int, void>, void> SSL_set_info_callback = (delegate* unmanaged<nint, delegate* unmanaged<nint, int, int, void>, void>)Export("SSL_set_info_callback");
    public static readonly delegate* unmanaged<nint, int, void> SSL_set_shutdown = (delegate* unmanaged<nint, int, void>)Export("SSL_set_shutdown");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, int, int> SSL_get_error = (delegate* unmanaged[SuppressGCTransition]<nint, int, int>)Export("SSL_get_error");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, int> SSL_has_pending = (delegate* unmanaged[SuppressGCTransition]<nint, int>)Export("SSL_has_pending");

    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, int> SSL_version = (delegate* unmanaged[SuppressGCTransition]<nint, int>)Export("SSL_version");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, nint> SSL_get_current_cipher = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Export("SSL_get_current_cipher");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, ushort> SSL_CIPHER_get_protocol_id = (delegate* unmanaged[SuppressGCTransition]<nint, ushort>)Export("SSL_CIPHER_get_protocol_id");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, byte**, uint*, void> SSL_get0_alpn_selected = (delegate* unmanaged[SuppressGCTransition]<nint, byte**, uint*, void>)Export("SSL_get0_alpn_selected");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, int> SSL_session_reused = (delegate* unmanaged[SuppressGCTransition]<nint, int>)Export("SSL_session_reused");
    public static readonly delegate* unmanaged<nint, nint> SSL_get1_peer_certificate = (delegate* unmanaged<nint, nint>)Export("SSL_get1_peer_certificate");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, nint> SSL_get_verify_result = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Export("SSL_get_verify_result");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, nint> SSL_get_rbio = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Export("SSL_get_rbio");
    public static readonly delegate* unmanaged[SuppressGCTransition]<nint, nint> SSL_get_wbio = (delegate* unmanaged[SuppressGCTransition]<nint, nint>)Export("SSL_get_wbio");
    public static readonly delegate* unmanaged<nint, nint> SSL_get1_session = (delegate* unmanaged<nint, nint>)Export("SSL_get1_session");
    public static readonly delegate* unmanaged<nint, nint, int> SSL_set_session = (delegate* unmanaged<nint, nint, int>)Export("SSL_set_session");
    public static readonly delegate* unmanaged<nint, byte**, int> i2d_SSL_SESSION = (delegate* unmanaged<nint, byte**, int>)Export("i2d_SSL_SESSION");
    public static readonly delegate* unmanaged<nint*, byte**, nint, nint> d2i_SSL_SESSION = (delegate* unmanaged<nint*, byte**, nint, nint>)Export("d2i_SSL_SESSION");
    public static readonly delegate* unmanaged<nint, int> SSL_SESSION_is_resumable = (delegate* unmanaged<nint, int>)Export("SSL_SESSION_is_resumable");
    public static readonly delegate* unmanaged<nint, void> SSL_SESSION_free = (delegate* unmanaged<nint, void>)Export("SSL_SESSION_free");

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);
}
