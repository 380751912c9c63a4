namespace WsIngress.ApiServer;

/// <summary>How a fake API server starts.</summary>
public sealed record FakeApiServerOptions
{
    /// <summary>The resourceVersion before the first object.</summary>
    public long FirstRevision { get; init; } = 1000;

    /// <summary>Changes kept per kind; a watch or continue token from before the oldest is 410.</summary>
    public int EventsKept { get; init; } = 1024;

    /// <summary>Pace of bookmarks on a watch that asks for them; zero sends them only by <see cref="FakeApiServer.SendBookmarks"/>.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest watch without timeoutSeconds.</summary>
    public TimeSpan LongestWatch { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Wait of a read of a version from the future before it is 504.</summary>
    public TimeSpan TooNewWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Largest body taken, in bytes; a larger one is 413.</summary>
    public int LargestBody { get; init; } = 3 * 1024 * 1024;

    /// <summary>Serves HTTPS (HTTP/1.1 and HTTP/2) under an authority of its own, and takes client certificates. kubectl sends no token without.</summary>
    public bool Tls { get; init; }

    /// <summary>Listens on ::1 in place of 127.0.0.1.</summary>
    public bool IPv6 { get; init; }

    /// <summary>Namespaces that exist at the start.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = ["default", "kube-system"];

    /// <summary>Whether a namespace that an object names is made on the fly by the C# seam.</summary>
    public bool CreateNamespaces { get; init; } = true;
}
