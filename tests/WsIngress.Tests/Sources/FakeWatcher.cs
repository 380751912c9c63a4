using System.Threading.Channels;
using WsIngress.Sources;

namespace WsIngress.Tests.Sources;

/// <summary>A watcher whose events the test sends.</summary>
internal sealed class FakeWatcher : IFolderWatcher
{
    private FakeWatch? _current;

    public int Made { get; private set; }

    public string? Trouble { get; set; }

    public void Send(string? path = null) => _current!.Queue.Writer.TryWrite(path);

    public void Break(string trouble)
    {
        _current!.Trouble = trouble;
        Send();
    }

    public IFolderWatch Watch(string folder)
    {
        Made++;
        return _current = new() { Trouble = Trouble };
    }

    private sealed class FakeWatch : IFolderWatch
    {
        public Channel<string?> Queue { get; } = Channel.CreateUnbounded<string?>();

        public ChannelReader<string?> Events => Queue.Reader;

        public string? Trouble { get; set; }

        public void Dispose()
        {
        }
    }
}
