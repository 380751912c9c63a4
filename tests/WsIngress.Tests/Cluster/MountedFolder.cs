using System.Runtime.InteropServices;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>A folder as the kubelet mounts one: its files are links into <c>..data</c>, itself a link to a folder of one version, which is swapped whole.</summary>
internal sealed class MountedFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-mounted-");
    private int _version;

    public string Path => _folder.FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>The next version holds just these files.</summary>
    public void Swap(params (string Name, string Text)[] files)
    {
        var version = $"..version-{++_version}";
        Directory.CreateDirectory(this[version]);
        foreach (var (name, text) in files)
        {
            File.WriteAllText(this[$"{version}/{name}"], text);
            if (!File.Exists(this[name]))
            {
                File.CreateSymbolicLink(this[name], $"..data/{name}");
            }
        }

        // Rename over the old link: there is no moment without one.
        File.CreateSymbolicLink(this["..data_tmp"], version);
        Assert.Equal(0, Rename(this["..data_tmp"], this["..data"]));
    }

    /// <summary>File.Move follows a link to a folder and refuses.</summary>
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(string from, string to);

    public void Dispose() => _folder.Delete(recursive: true);
}
