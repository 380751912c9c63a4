using System.Threading.Channels;

namespace WsIngress.Sources;

/// <summary>Tells that something happened below a folder. Events may be lost: whoever listens must also look by itself now and then.</summary>
internal interface IFolderWatch : IDisposable
{
    /// <summary>The full path that an event is about, or null when it is about the watch itself.</summary>
    ChannelReader<string?> Events { get; }

    /// <summary>Why the watch does not work, or null while it does.</summary>
    string? Trouble { get; }
}

/// <summary>Makes watches; a seam, so that tests can own the events.</summary>
internal interface IFolderWatcher
{
    /// <summary>Never throws: a folder that cannot be watched gives a watch in trouble.</summary>
    IFolderWatch Watch(string folder);
}
