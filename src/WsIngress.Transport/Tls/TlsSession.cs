namespace WsIngress.Transport.Tls;

/// <summary>One TLS connection over a descriptor that does not block; all members are for the thread of its loop.</summary>
internal abstract unsafe class TlsSession : IDisposable
{
    /// <summary>What failed, in words; null while nothing has.</summary>
    public abstract string? FailureText { get; }

    /// <summary>Plaintext, or records already taken from the descriptor, wait to be read: the descriptor's readiness does not show them.</summary>
    public abstract bool HasPending { get; }

    /// <summary>Goes on with the handshake: 1 when it is complete, else an <see cref="Loops.IoResult"/>.</summary>
    public abstract int Handshake();

    public abstract int Read(byte* buffer, int length);

    public abstract int Write(byte* buffer, int length);

    /// <summary>Sends close_notify if the kernel takes it; never waits.</summary>
    public abstract void Shutdown();

    public abstract void Dispose();
}
