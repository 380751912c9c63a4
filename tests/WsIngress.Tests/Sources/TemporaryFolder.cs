namespace WsIngress.Tests.Sources;

/// <summary>A folder of its own for one test, removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wsingress-test-").FullName;

    public string At(string relative) => System.IO.Path.Combine(Path, relative);

    public void Write(string relative, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(relative))!);
        File.WriteAllText(At(relative), content);
    }

    /// <summary>As editors save: a new file takes the place of the old one.</summary>
    public void Replace(string relative, string content)
    {
        File.WriteAllText(At(".new"), content);
        File.Move(At(".new"), At(relative), overwrite: true);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
