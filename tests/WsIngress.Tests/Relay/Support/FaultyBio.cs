using System.Runtime.InteropServices;
using WsIngress.Transport.Native;
using WsIngress.Transport.Tls;

namespace WsIngress.Tests.Relay.Support;

/// <summary>
/// A BIO under a session's writes that sends through the same seam as plain sockets do, so that refusals and short counts strike below OpenSSL
/// (BIO_meth_new(3)). OpenSSL's own calls the C library itself.
/// </summary>
internal static unsafe class FaultyBio
{
    private const int SourceSink = 0x0400;
    private const int Flush = 11;
    private const int WriteFlag = 0x02;
    private const int RetryFlag = 0x08;
    private const int AllRetryFlags = 0x0F;

    private static readonly nint Crypto = NativeLibrary.Load("libcrypto.so.3");
    private static readonly nint Ssl = NativeLibrary.Load("libssl.so.3");
    private static readonly delegate* unmanaged<nint, nint> New = (delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(Crypto, "BIO_new");
    private static readonly delegate* unmanaged<nint, nint, void> SetData = (delegate* unmanaged<nint, nint, void>)NativeLibrary.GetExport(Crypto, "BIO_set_data");
    private static readonly delegate* unmanaged<nint, nint> GetData = (delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(Crypto, "BIO_get_data");
    private static readonly delegate* unmanaged<nint, int, void> SetInit = (delegate* unmanaged<nint, int, void>)NativeLibrary.GetExport(Crypto, "BIO_set_init");
    private static readonly delegate* unmanaged<nint, int, void> SetFlags = (delegate* unmanaged<nint, int, void>)NativeLibrary.GetExport(Crypto, "BIO_set_flags");
    private static readonly delegate* unmanaged<nint, int, void> ClearFlags = (delegate* unmanaged<nint, int, void>)NativeLibrary.GetExport(Crypto, "BIO_clear_flags");
    private static readonly delegate* unmanaged<nint, nint, void> SetWriteBio = (delegate* unmanaged<nint, nint, void>)NativeLibrary.GetExport(Ssl, "SSL_set0_wbio");
    private static readonly nint Method = MakeMethod();

    /// <summary>From now on the session writes through it. The session owns it.</summary>
    public static void Insert(TlsSession session, int descriptor)
    {
        nint bio = New(Method);
        SetData(bio, descriptor);
        SetInit(bio, 1);
        SetWriteBio(session.Native, bio);
    }

    private static nint MakeMethod()
    {
        var create = (delegate* unmanaged<int, byte*, nint>)NativeLibrary.GetExport(Crypto, "BIO_meth_new");
        var setWrite = (delegate* unmanaged<nint, delegate* unmanaged<nint, byte*, int, int>, int>)NativeLibrary.GetExport(Crypto, "BIO_meth_set_write");
        var setControl = (delegate* unmanaged<nint, delegate* unmanaged<nint, int, nint, void*, nint>, int>)NativeLibrary.GetExport(Crypto, "BIO_meth_set_ctrl");
        fixed (byte* name = "faulty"u8)
        {
            // The name is not copied, and a literal's bytes stay where they are.
            nint method = create(SourceSink, name);
            _ = setWrite(method, &Write);
            _ = setControl(method, &Control);
            return method;
        }
    }

    [UnmanagedCallersOnly]
    private static int Write(nint bio, byte* bytes, int length)
    {
        ClearFlags(bio, AllRetryFlags);
        int count = (int)LibC.Send((int)GetData(bio), bytes, length);
        if (count < 0 && LibC.LastError is (Errno.EAGAIN or Errno.EINTR))
        {
            SetFlags(bio, WriteFlag | RetryFlag);
        }

        return count;
    }

    [UnmanagedCallersOnly]
    private static nint Control(nint bio, int command, nint number, void* pointer)
    {
        return command == Flush ? 1 : 0;
    }
}
