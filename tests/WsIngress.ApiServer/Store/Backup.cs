namespace WsIngress.ApiServer;

/// <summary>The state of a fake API server at one revision; see <see cref="FakeApiServer.RestartAsync"/>.</summary>
public sealed class Backup
{
    internal Backup(long revision, IReadOnlyList<StoredObject> objects)
    {
        Revision = revision;
        Objects = objects;
    }

    /// <summary>The revision to which a restore goes back.</summary>
    public long Revision { get; }

    internal IReadOnlyList<StoredObject> Objects { get; }
}
