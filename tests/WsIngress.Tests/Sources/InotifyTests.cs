using System.Diagnostics;
using k8s.Models;
using WsIngress.Sources;
using WsIngress.Tests.Manifests;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>The source over the operating system's own events and clock. The rescan is off, so that only events can cause a reading.</summary>
public sealed class InotifyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<SourceBench> StartedAsync()
    {
        var options = new FolderSourceOptions { Folder = _folder.Path, Quiet = TimeSpan.FromMilliseconds(20), Rescan = TimeSpan.FromHours(1) };
        var bench = new SourceBench(_folder, TimeProvider.System, new InotifyWatcher(), options).Start();
        await bench.NextAsync();
        return bench;
    }

    /// <summary>rename(2), which .NET does not offer for a link to a folder.</summary>
    private static async Task RenameAsync(string from, string to)
    {
        using var move = Process.Start("mv", ["-T", from, to]);
        await move.WaitForExitAsync();
        Assert.Equal(0, move.ExitCode);
    }

    private static string Host(SourceBench bench) => ((V1Ingress)bench.Get(ObjectKind.Ingress, "a")).Spec.Rules[0].Host;

    [Fact]
    public async Task New_changed_and_deleted_files_are_seen()
    {
        await using var bench = await StartedAsync();

        _folder.Write("a.yaml", Yaml.Ingress("a", "one.example.com"));
        await bench.UntilAsync(() => bench.Names(ObjectKind.Ingress).Length == 1);
        _folder.Write("a.yaml", Yaml.Ingress("a", "two.example.com"));
        await bench.UntilAsync(() => Host(bench) == "two.example.com");
        File.Delete(_folder.At("a.yaml"));
        await bench.UntilAsync(() => bench.Names(ObjectKind.Ingress).Length == 0);
    }

    [Fact]
    public async Task A_file_replaced_by_a_rename_of_the_same_length_is_seen()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a", "one.example.com"));
        await using var bench = await StartedAsync();

        _folder.Replace("a.yaml", Yaml.Ingress("a", "two.example.com"));

        await bench.UntilAsync(() => Host(bench) == "two.example.com");
    }

    [Fact]
    public async Task An_editor_that_moves_the_old_file_away_and_writes_a_new_one_is_followed()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a", "one.example.com"));
        await using var bench = await StartedAsync();

        File.Move(_folder.At("a.yaml"), _folder.At("a.yaml~"));
        _folder.Write("a.yaml", Yaml.Ingress("a", "two.example.com"));

        await bench.UntilAsync(() => bench.Names(ObjectKind.Ingress).Length == 1 && Host(bench) == "two.example.com");
    }

    [Fact]
    public async Task A_file_in_a_new_sub_folder_is_seen()
    {
        await using var bench = await StartedAsync();

        _folder.Write("sub/deeper/a.yaml", Yaml.Ingress("a"));

        await bench.UntilAsync(() => bench.Names(ObjectKind.Ingress).Length == 1);
    }

    [Fact]
    public async Task The_link_swap_of_a_mounted_ConfigMap_is_followed()
    {
        // As kubelet does: the data in a folder of its own, ..data leads to it, the visible names lead through ..data.
        _folder.Write("..2025_01/a.yaml", Yaml.Ingress("a", "one.example.com"));
        _folder.Write("..2025_01/sub/b.yaml", Yaml.Ingress("b"));
        File.CreateSymbolicLink(_folder.At("..data"), "..2025_01");
        File.CreateSymbolicLink(_folder.At("a.yaml"), "..data/a.yaml");
        File.CreateSymbolicLink(_folder.At("sub"), "..data/sub");
        await using var bench = await StartedAsync();
        Assert.Equal(["a", "b"], bench.Names(ObjectKind.Ingress));
        Assert.Equal("one.example.com", Host(bench));

        _folder.Write("..2025_02/a.yaml", Yaml.Ingress("a", "two.example.com"));
        _folder.Write("..2025_02/sub/c.yaml", Yaml.Ingress("c"));
        var written = File.GetLastWriteTimeUtc(_folder.At("..2025_01/a.yaml"));
        File.SetLastWriteTimeUtc(_folder.At("..2025_02/a.yaml"), written);
        File.CreateSymbolicLink(_folder.At("..data_tmp"), "..2025_02");
        await RenameAsync(_folder.At("..data_tmp"), _folder.At("..data"));
        Directory.Delete(_folder.At("..2025_01"), recursive: true);

        await bench.UntilAsync(() => Host(bench) == "two.example.com" && bench.Names(ObjectKind.Ingress).SequenceEqual(["a", "c"]));
        Assert.Empty(bench.Last.Problems!.Value);
    }

    [Fact]
    public async Task A_burst_of_files_gives_all_of_them()
    {
        await using var bench = await StartedAsync();

        for (var i = 0; i < 300; i++)
        {
            _folder.Write($"{i}.yaml", Yaml.Ingress($"i{i}"));
        }

        await bench.UntilAsync(() => bench.Names(ObjectKind.Ingress).Length == 300);
    }
}
