using System.Buffers;
using System.IO.Pipelines;
using WsIngress.Transport.Loops;

namespace WsIngress.Transport.Kestrel;

/// <summary>How the pipes of HTTP connections are made: the loop's ends run on the loop, Kestrel's on the thread pool, and each holds a bounded number of bytes.</summary>
/// <param name="Pool">Where their blocks come from.</param>
/// <param name="MaxPending">Bytes after which the writing end waits; as much as a request head may be long at least.</param>
internal sealed record HttpPipes(MemoryPool<byte> Pool, int MaxPending)
{
    public PipeOptions Input(EventLoop loop) => Options(reader: loop.Scheduler, writer: loop.Scheduler);

    public PipeOptions Output(EventLoop loop) => Options(reader: loop.Scheduler, writer: PipeScheduler.ThreadPool);

    private PipeOptions Options(PipeScheduler reader, PipeScheduler writer) =>
        new(Pool, reader, writer, pauseWriterThreshold: MaxPending, resumeWriterThreshold: MaxPending / 2, useSynchronizationContext: false);
}
