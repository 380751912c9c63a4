using System.Runtime.InteropServices;

namespace WsIngress.Bench.Os;

/// <summary>The functions of OpenSSL 3 that a client needs; see their manual pages.</summary>
internal static unsafe partial class OpenSsl
{
    public const int ErrorWantRead = 2;
    public const int ErrorWantWrite = 3;
    public const int ErrorZeroReturn = 6;
    private const string Library = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int ControlMode = 33;
    private const int ControlReadAhead = 41;
    private const int ControlHostName = 55;
    private const int ModePartialWrite = 0x1;
    private const int ModeMovingBuffer = 0x2;
    private const int ModeReleaseBuffers = 0x10;

    /// <summary>A context that checks no certificate and offers one cipher, so that all proxies encrypt the same way.</summary>
    public static nint CreateContext()
    {
        nint context = ContextNew(ClientMethod());
        ContextControl(context, ControlMode, ModePartialWrite | ModeMovingBuffer | ModeReleaseBuffers, 0);
        ContextControl(context, ControlReadAhead, 1, 0);
        _ = ContextSetCiphers(context, "TLS_AES_128_GCM_SHA256");
        return context;
    }

    public static nint CreateConnection(nint context, int fd, string host)
    {
        nint ssl = New(context);
        _ = SetDescriptor(ssl, fd);
        nint name = Marshal.StringToCoTaskMemUTF8(host);
        Control(ssl, ControlHostName, 0, name);
        Marshal.FreeCoTaskMem(name);
        return ssl;
    }

    [LibraryImport(Library, EntryPoint = "SSL_connect")]
    public static partial int Connect(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    public static partial int Read(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    public static partial int Write(nint ssl, byte* buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    public static partial int GetError(nint ssl, int result);

    [LibraryImport(Library, EntryPoint = "SSL_has_pending")]
    public static partial int HasPending(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    public static partial void Free(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_get1_session")]
    public static partial nint GetSession(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    public static partial int SetSession(nint ssl, nint session);

    [LibraryImport(Library, EntryPoint = "SSL_session_reused")]
    public static partial int SessionReused(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_is_resumable")]
    public static partial int IsResumable(nint session);

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    private static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    private static partial nint ContextNew(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint ContextControl(nint context, int command, nint value, nint pointer);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_ciphersuites", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ContextSetCiphers(nint context, string names);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    private static partial nint New(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_set_fd")]
    private static partial int SetDescriptor(nint ssl, int fd);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl")]
    private static partial nint Control(nint ssl, int command, nint value, nint pointer);
}
