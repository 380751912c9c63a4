using System.Runtime.InteropServices;
using WsIngress.Transport.Native;

namespace WsIngress.Bench.Os;

/// <summary>
/// Descriptors that one thread waits for. The load has this loop of its own, though the product has one too: a defect of the product's must not
/// be in both ends of what measures it.
/// </summary>
internal sealed unsafe class SocketSet : IDisposable
{
    private const int BatchSize = 512;

    private readonly byte* _batch = (byte*)NativeMemory.Alloc(BatchSize * EpollEvents.MaxSize);
    private readonly int _epoll = LibC.EpollCreate();

    public SocketSet()
    {
        if (_epoll < 0)
        {
            throw new IOException($"epoll_create1: {Errno.Text(LibC.LastError)}");
        }
    }

    public void Add(int fd, uint events, int tag) => Control(LibC.EPOLL_CTL_ADD, fd, events, tag);

    public void Change(int fd, uint events, int tag) => Control(LibC.EPOLL_CTL_MOD, fd, events, tag);

    public void Remove(int fd) => Control(LibC.EPOLL_CTL_DEL, fd, 0, 0);

    /// <summary>How many events there are to be read by <see cref="Event"/>.</summary>
    public int Wait(int milliseconds) => Math.Max(0, LibC.EpollWait(_epoll, _batch, BatchSize, milliseconds));

    public (uint Events, int Tag) Event(int index)
    {
        var (events, tag) = EpollEvents.Read(_batch, index);
        return (events, (int)(uint)tag);
    }

    public void Dispose()
    {
        _ = LibC.Close(_epoll);
        NativeMemory.Free(_batch);
    }

    private void Control(int operation, int fd, uint events, int tag)
    {
        if (LibC.EpollControl(_epoll, operation, fd, events, (uint)tag) < 0)
        {
            throw new IOException($"epoll_ctl: {Errno.Text(LibC.LastError)}");
        }
    }
}
