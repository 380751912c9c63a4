using WsIngress.Sources;
using WsIngress.Tests.Manifests;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>Folder, store, loop and sink together, on real files, events and clock.</summary>
public sealed class StandalonePathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Edits_of_a_folder_become_tables_and_problems_have_a_file_and_line()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a", "a.example.com"));
        var options = new FolderSourceOptions { Folder = _folder.Path, Rescan = TimeSpan.FromHours(1) };
        var source = new FolderSource(options, new InotifyWatcher(), TimeProvider.System, new RecordingLogger<FolderSource>());
        await using var bench = new LoopBench(source).Start();
        Assert.Equal("a.example.com", Assert.Single((await bench.NextTableAsync()).Table.Hosts).Host);

        // Broken: the last good object stays, so the table does not change.
        _folder.Write("a.yaml", Yaml.Ingress("a", "b.example.com").Replace("number: 80", "number: x", StringComparison.Ordinal));
        var problem = Assert.Single((await bench.NextReportAsync()).Problems);
        Assert.Equal($"{_folder.At("a.yaml")}:17", problem.Location);
        Assert.Equal(1, bench.State.Current.Revision);

        _folder.Write("a.yaml", Yaml.Ingress("a", "b.example.com"));
        var repaired = await bench.NextTableAsync();
        Assert.Equal("b.example.com", Assert.Single(repaired.Table.Hosts).Host);
        Assert.Empty(repaired.Problems);
        Assert.Equal(2, repaired.Table.Revision);

        // The same objects written otherwise: no table, no report of a table.
        _folder.Write("a.yaml", "# a comment\n" + Yaml.Ingress("a", "b.example.com"));
        await bench.NextReportAsync();
        Assert.Equal(2, bench.Published);
        Assert.Equal(2, bench.Snapshots.Count);
    }
}
