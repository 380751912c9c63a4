namespace WsIngress.Relay;

/// <summary>How one call of <see cref="FrameScanner.Scan"/> ended. The last two are final: later calls release nothing.</summary>
public enum FrameScanStatus : byte
{
    /// <summary>All bytes were taken.</summary>
    Ok,

    /// <summary>A Close frame ended; what follows it was not taken.</summary>
    Close,

    /// <summary>The next frame breaks the protocol; nothing of it was released.</summary>
    ProtocolError,
}

/// <summary>
/// The answer to one chunk. Offsets count from the first held byte: the held header bytes and the chunk are seen as one run.
/// </summary>
/// <param name="Status">How the scan ended.</param>
/// <param name="Release">Bytes from the start of the run that may be forwarded: never a part of a header.</param>
/// <param name="Boundary">Offset of the last frame boundary in the run, at most <paramref name="Release"/>; -1 if the run lies inside one frame.</param>
public readonly record struct FrameScan(FrameScanStatus Status, int Release, int Boundary);
