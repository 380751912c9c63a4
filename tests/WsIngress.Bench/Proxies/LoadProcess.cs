using WsIngress.Bench.Load;

namespace WsIngress.Bench.Proxies;

/// <summary>The load client's process, as the bench sees it; its steps are those of <see cref="LoadClient"/>.</summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly ChildProcess _process;
    private readonly CancellationToken _stop;
    private readonly TimeSpan _patience;

    public LoadProcess(LoadOptions options, CancellationToken stop)
    {
        (_stop, _patience) = (stop, TimeSpan.FromSeconds(90 + options.Seconds));
        _process = ChildProcess.Talk(ProxyKind.Self, ["bench-load", .. options.ToArguments()], PodProcess.Steady);
        if (Answer() != "READY")
        {
            _process.Dispose();
            throw new IOException("the load client did not start");
        }
    }

    /// <summary>Does what it was started for.</summary>
    public LoadReport Go()
    {
        _process.Say("GO");
        return LoadReport.Parse(Answer());
    }

    /// <summary>Closes all sockets.</summary>
    public void Close()
    {
        _process.Say("CLOSE");
        _ = Answer();
    }

    public void Dispose() => _process.Dispose();

    private string Answer()
    {
        var line = _process.Listen(_patience, _stop);
        _stop.ThrowIfCancellationRequested();
        return line ?? throw new IOException("the load client ended or hangs");
    }
}
