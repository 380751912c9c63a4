using System.Runtime.InteropServices;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>What only a test does to an <c>SSL</c>, mostly to have it misbehave.</summary>
internal static class NativeCalls
{
    [DllImport("libssl.so.3")]
    public static extern int SSL_do_handshake(nint ssl);

    [DllImport("libssl.so.3")]
    public static extern int SSL_key_update(nint ssl, int type);

    [DllImport("libssl.so.3")]
    public static extern int SSL_renegotiate(nint ssl);

    [DllImport("libssl.so.3")]
    public static extern nint SSL_ctrl(nint ssl, int command, nint number, nint pointer);

    [DllImport("libssl.so.3")]
    public static extern ulong SSL_get_options(nint ssl);

    [DllImport("libssl.so.3")]
    public static extern ulong SSL_clear_options(nint ssl, ulong options);

    [DllImport("libssl.so.3")]
    public static extern nint SSL_get1_session(nint ssl);

    [DllImport("libssl.so.3")]
    public static extern int SSL_set_session(nint ssl, nint session);

    [DllImport("libssl.so.3")]
    public static extern int SSL_SESSION_is_resumable(nint session);

    [DllImport("libssl.so.3")]
    public static extern void SSL_SESSION_free(nint session);

    [DllImport("libssl.so.3")]
    public static extern nint SSL_SESSION_get0_hostname(nint session);

    [DllImport("libc.so.6")]
    public static extern MallocInfo mallinfo2();
}

/// <summary><c>struct mallinfo2</c> (mallinfo(3)), in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct MallocInfo
{
    private readonly nuint _arena;
    private readonly nuint _freeChunks;
    private readonly nuint _fastChunks;
    private readonly nuint _mapped;
    public readonly nuint MappedInUse;
    private readonly nuint _unused;
    private readonly nuint _fastFree;
    public readonly nuint InUse;
    private readonly nuint _free;
    private readonly nuint _top;
}
