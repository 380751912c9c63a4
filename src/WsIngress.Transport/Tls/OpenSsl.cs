using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WsIngress.Transport.Tls;

/// <summary>
/// Whether this machine's OpenSSL serves the transport. Ask <see cref="IsAvailable"/> before anything else here is touched; where it says no,
/// TLS goes through <c>SslStream</c> and its streams.
/// </summary>
internal static unsafe class OpenSsl
{
    /// <summary><c>OPENSSL_INIT_NO_ATEXIT</c>: loops may still be inside OpenSSL when the process exits, and its cleaning up would pull the floor from under them.</summary>
    private const ulong NoAtExit = 0x00080000;

    static OpenSsl()
    {
        Unavailable = OpenSslFiles.Machine.Refusal ?? Start();
    }

    public static bool IsAvailable => Unavailable is null;

    /// <summary>Why not, as one sentence for the log; null when it is available.</summary>
    public static string? Unavailable { get; }

    /// <summary>Such as "OpenSSL 3.0.22 25 Aug 2026"; empty when there is none.</summary>
    public static string Version => OpenSslFiles.Machine.Version;

    /// <summary>Binds every function once, so that one that is missing is found here and not by the first client.</summary>
    private static string? Start()
    {
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(LibCrypto).TypeHandle);
            RuntimeHelpers.RunClassConstructor(typeof(LibSsl).TypeHandle);
        }
        catch (TypeInitializationException error)
        {
            return $"{OpenSslFiles.Machine.Version} lacks a function: {error.InnerException?.Message}";
        }

        return LibSsl.OPENSSL_init_ssl(NoAtExit, 0) == 1
            ? null
            : $"{OpenSslFiles.Machine.Version} does not start: {OpenSslError.Take().Text}. Its configuration may be at fault (OPENSSL_CONF, openssl.cnf)";
    }

    internal static string Text(nint zeroTerminated) => Marshal.PtrToStringUTF8(zeroTerminated) ?? "";
}
