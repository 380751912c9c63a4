using k8s.Models;
using WsIngress.Manifests;
using WsIngress.Sources;
using WsIngress.Tests.Manifests;
using WsIngress.Tests.Store;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>When the folder is read: events, calm and rescans, with a fake clock and fake events over real files.</summary>
public sealed class FolderSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StepClock _clock = new();
    private readonly FakeWatcher _watcher = new();

    public void Dispose() => _folder.Dispose();

    private async Task<SourceBench> StartedAsync()
    {
        var bench = new SourceBench(_folder, _clock, _watcher).Start();
        await bench.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(10), await _clock.NextTimerAsync());
        return bench;
    }

    /// <summary>Sends an event and lets the quiet time pass.</summary>
    private async Task SettleAsync(string? path = null)
    {
        _watcher.Send(path);
        while (await _clock.NextTimerAsync() != TimeSpan.FromMilliseconds(100))
        {
            // The timer of the rescan, which the source set before the event came.
        }

        _clock.Advance(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task The_first_batch_replaces_every_kind_and_says_synced_and_settled()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("sub/deeper/b.yml", Yaml.Service("b"));
        _folder.Write("c.json", """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}}""");
        _folder.Write("notes.txt", "not: [read");
        _folder.Write(".hidden/d.yaml", Yaml.Ingress("hidden"));
        _folder.Write(".a.yaml.swp.yaml", Yaml.Ingress("swap"));
        await using var bench = await StartedAsync();

        Assert.True(bench.Last.Synced);
        Assert.True(bench.Last.Settled);
        Assert.Equal(ObjectKindInfo.All.Select(info => info.Kind), bench.Last.Events.Select(change => change.Kind));
        Assert.Equal(["a"], bench.Names(ObjectKind.Ingress));
        Assert.Equal(["b"], bench.Names(ObjectKind.Service));
        Assert.Equal(["c"], bench.Names(ObjectKind.Secret));
        Assert.Empty(bench.Last.Problems!.Value);
    }

    [Fact]
    public async Task An_event_is_followed_by_one_batch_of_the_changed_kinds_after_the_quiet_time()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("web.yaml", Yaml.Service("web"));
        await using var bench = await StartedAsync();

        _folder.Write("b.yaml", Yaml.Ingress("b"));
        _watcher.Send();
        await _clock.NextTimerAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(bench.HasBatch);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await bench.NextAsync();

        Assert.Equal(ObjectKind.Ingress, Assert.Single(bench.Last.Events).Kind);
        Assert.Equal(["a", "b"], bench.Names(ObjectKind.Ingress));
    }

    [Fact]
    public async Task A_folder_that_is_never_calm_is_read_after_a_second()
    {
        await using var bench = await StartedAsync();
        _folder.Write("a.yaml", Yaml.Ingress("a"));

        for (var i = 0; i < 20; i++)
        {
            _watcher.Send();
            Assert.Equal(TimeSpan.FromMilliseconds(Math.Min(100, 1000 - (50 * i))), await _clock.NextTimerAsync());
            Assert.False(bench.HasBatch);
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        await bench.NextAsync();
        Assert.Equal(["a"], bench.Names(ObjectKind.Ingress));
    }

    [Fact]
    public async Task A_change_without_an_event_is_found_by_the_rescan()
    {
        await using var bench = await StartedAsync();

        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _clock.Advance(TimeSpan.FromSeconds(10));
        await bench.NextAsync();

        Assert.Equal(["a"], bench.Names(ObjectKind.Ingress));
    }

    [Fact]
    public async Task A_reading_that_finds_nothing_new_delivers_nothing()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("broken.yaml", "a: [");
        _folder.Write("huge.yaml", "");
        using (var huge = File.OpenWrite(_folder.At("huge.yaml")))
        {
            huge.SetLength(ManifestLimits.Default.FileBytes + 1L);
        }

        File.CreateSymbolicLink(_folder.At("nowhere.yaml"), "missing");
        await using var bench = await StartedAsync();
        Assert.Equal(3, bench.Last.Problems!.Value.Length);

        await SettleAsync(_folder.At("a.yaml"));
        Assert.Equal(TimeSpan.FromSeconds(10), await _clock.NextTimerAsync());

        Assert.False(bench.HasBatch);
    }

    [Fact]
    public async Task A_broken_file_keeps_its_last_good_objects_and_says_file_and_line_until_it_is_repaired()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("b.yaml", Yaml.Ingress("b"));
        await using var bench = await StartedAsync();

        _folder.Write("a.yaml", Yaml.Ingress("a").Replace("  name: a", "  name: [a", StringComparison.Ordinal));
        await SettleAsync();
        await bench.NextAsync();
        Assert.Equal(["a", "b"], bench.Names(ObjectKind.Ingress));
        Assert.Empty(bench.Last.Events);
        Assert.Matches($"^{_folder.At("a.yaml")}:[456]$", Assert.Single(bench.Last.Problems!.Value).Location!);

        _folder.Write("a.yaml", Yaml.Ingress("a", "new.example.com"));
        await SettleAsync();
        await bench.NextAsync();
        Assert.Empty(bench.Last.Problems!.Value);
        Assert.Equal("new.example.com", ((V1Ingress)bench.Get(ObjectKind.Ingress, "a")).Spec.Rules[0].Host);
    }

    [Fact]
    public async Task A_deleted_file_takes_its_objects_away()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("b.yaml", Yaml.Ingress("b"));
        await using var bench = await StartedAsync();

        File.Delete(_folder.At("a.yaml"));
        await SettleAsync();
        await bench.NextAsync();

        Assert.Equal(["b"], bench.Names(ObjectKind.Ingress));
    }

    [Fact]
    public async Task An_emptied_file_keeps_its_objects_for_a_moment_because_it_may_be_half_written()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        await using var bench = await StartedAsync();

        _folder.Write("a.yaml", "");
        await SettleAsync();
        Assert.Equal(TimeSpan.FromSeconds(1), await _clock.NextTimerAsync());
        Assert.False(bench.HasBatch);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), await _clock.NextTimerAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));
        await bench.NextAsync();
        Assert.Empty(bench.Names(ObjectKind.Ingress));
    }

    [Fact]
    public async Task A_file_that_is_cut_and_then_filled_never_loses_its_objects()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        await using var bench = await StartedAsync();

        _folder.Write("a.yaml", "");
        await SettleAsync();
        await _clock.NextTimerAsync();
        _folder.Write("a.yaml", Yaml.Ingress("a", "new.example.com"));
        await SettleAsync();
        await bench.NextAsync();

        Assert.Equal("new.example.com", ((V1Ingress)bench.Get(ObjectKind.Ingress, "a")).Spec.Rules[0].Host);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_an_error_at_the_start()
    {
        await using var bench = new SourceBench(_folder, _clock, _watcher, new() { Folder = _folder.At("none") }).Start();

        var failure = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => bench.Running.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal($"Folder {_folder.At("none")} does not exist.", failure.Message);
    }

    [Fact]
    public async Task A_folder_that_is_removed_keeps_its_objects_with_a_problem_until_it_is_back()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        await using var bench = await StartedAsync();
        var watches = _watcher.Made;

        Directory.Delete(_folder.Path, recursive: true);
        await SettleAsync();
        await bench.NextAsync();
        Assert.Empty(bench.Last.Events);
        Assert.Contains("does not exist", Assert.Single(bench.Last.Problems!.Value).Message);
        Assert.Equal(["a"], bench.Names(ObjectKind.Ingress));

        // The same trouble is told once, and the folder is looked for every second.
        Assert.Equal(TimeSpan.FromSeconds(1), await _clock.NextTimerAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), await _clock.NextTimerAsync());
        Assert.False(bench.HasBatch);

        _folder.Write("b.yaml", Yaml.Ingress("b"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await bench.NextAsync();
        Assert.Empty(bench.Last.Problems!.Value);
        Assert.Equal(["b"], bench.Names(ObjectKind.Ingress));
        Assert.True(_watcher.Made > watches, "a watch of the removed folder hears nothing of the new one");
    }

    [Fact]
    public async Task A_folder_removed_and_made_again_between_two_looks_is_watched_anew()
    {
        await using var bench = await StartedAsync();
        var watches = _watcher.Made;

        Directory.Delete(_folder.Path, recursive: true);
        _folder.Write("b.yaml", Yaml.Ingress("b"));
        await SettleAsync();
        await bench.NextAsync();

        Assert.Equal(["b"], bench.Names(ObjectKind.Ingress));
        Assert.Equal(watches + 1, _watcher.Made);
    }

    [Fact]
    public async Task A_broken_watch_is_made_anew_and_told_once()
    {
        await using var bench = await StartedAsync();

        _watcher.Trouble = "no watches left";
        _watcher.Break("overflow");
        await _clock.NextTimerAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await _clock.NextTimerAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        await _clock.NextTimerAsync();

        Assert.Equal(3, _watcher.Made);
        Assert.Contains("no watches left", Assert.Single(bench.Log.Of(1004)));
    }

    [Fact]
    public async Task A_kind_that_is_not_read_is_named_once()
    {
        _folder.Write("a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n");
        await using var bench = await StartedAsync();

        _folder.Write("b.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\n");
        await SettleAsync();
        await bench.NextAsync();

        Assert.Contains("apps/v1 Deployment", Assert.Single(bench.Log.Of(1001)));
        Assert.Empty(bench.Last.Problems!.Value);
    }

    [Fact]
    public async Task Lines_that_moved_are_told_without_an_event()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        await using var bench = await StartedAsync();
        Assert.Equal($"{_folder.At("a.yaml")}:8", bench.Last.Locations!.Locate(new("Ingress", "default", "a"), "spec.rules[0].host"));

        _folder.Write("a.yaml", "# a comment\n---\n# another\n---\n" + Yaml.Ingress("a"));
        await SettleAsync();
        await bench.NextAsync();

        Assert.Equal($"{_folder.At("a.yaml")}:12", bench.Last.Locations!.Locate(new("Ingress", "default", "a"), "spec.rules[0].host"));
    }
}
