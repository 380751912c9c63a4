using System.Threading.Channels;

namespace WsIngress.Sources;

/// <summary>Watches a folder by the operating system's own events (inotify on Linux).</summary>
internal sealed class InotifyWatcher : IFolderWatcher
{
    public IFolderWatch Watch(string folder) => new InotifyWatch(folder);

    private sealed class InotifyWatch : IFolderWatch
    {
        // Events past these are dropped; those that wait already cause the reading that would follow them.
        private readonly Channel<string?> _events = Channel.CreateBounded<string?>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly FileSystemWatcher? _watcher;
        private volatile string? _trouble;

        public InotifyWatch(string folder)
        {
            try
            {
                _watcher = new FileSystemWatcher(folder)
                {
                    IncludeSubdirectories = true,
                    NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime | NotifyFilters.Attributes,
                };
                _watcher.Changed += (_, change) => Tell(change.FullPath);
                _watcher.Created += (_, change) => Tell(change.FullPath);
                _watcher.Deleted += (_, change) => Tell(change.FullPath);
                _watcher.Renamed += (_, change) => Tell(change.FullPath);
                _watcher.Error += (_, error) => Break(error.GetException());
                _watcher.EnableRaisingEvents = true;
            }
            catch (Exception broken) when (broken is IOException or ArgumentException or UnauthorizedAccessException)
            {
                Break(broken);
            }
        }

        public ChannelReader<string?> Events => _events.Reader;

        public string? Trouble => _trouble;

        public void Dispose() => _watcher?.Dispose();

        private void Tell(string? path) => _events.Writer.TryWrite(path);

        private void Break(Exception cause)
        {
            _trouble = cause.Message;
            Tell(null);
        }
    }
}
