using k8s.Models;
using WsIngress.Manifests;
using WsIngress.Sources;
using WsIngress.Tests.Manifests;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>What one reading of a folder says, and what the next one reads again.</summary>
public sealed class FolderReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FolderReader Reader(ManifestLimits? limits = null) => new(_folder.Path, TimeProvider.System, limits ?? ManifestLimits.Default);

    private static string[] Names(FolderReading reading) => [.. reading.ObjectsByKind[(int)ObjectKind.Ingress].Select(found => found.Metadata.Name)];

    /// <summary>Makes a file old enough for its stamp to be trusted.</summary>
    private void Age(string relative) => File.SetLastWriteTimeUtc(_folder.At(relative), new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    [Fact]
    public void Of_a_thousand_files_only_the_changed_one_is_opened_and_parsed_again_and_all_others_keep_their_objects()
    {
        for (var i = 0; i < 1000; i++)
        {
            _folder.Write($"{i:d4}.yaml", Yaml.Ingress($"i{i}"));
            Age($"{i:d4}.yaml");
        }

        var reader = Reader();
        var before = reader.Read();
        Assert.Equal((1000, 1000), (reader.Parsed, reader.Opened));

        _folder.Write("0500.yaml", Yaml.Ingress("i500", "new.example.com"));
        var after = reader.Read();

        Assert.Equal((1001, 1001), (reader.Parsed, reader.Opened));
        Assert.Equal([ObjectKind.Ingress], after.Changed);
        var (old, now) = (before.ObjectsByKind[0], after.ObjectsByKind[0]);
        Assert.Equal(999, Enumerable.Range(0, 1000).Count(i => ReferenceEquals(old[i], now[i])));
        Assert.Equal("new.example.com", ((V1Ingress)now[500]).Spec.Rules[0].Host);
    }

    [Fact]
    public void A_fresh_file_is_opened_again_but_not_parsed_again()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        var reader = Reader();
        var before = reader.Read();

        var after = reader.Read();

        Assert.Equal((1, 2), (reader.Parsed, reader.Opened));
        Assert.False(after.Different);
        Assert.Same(before.ObjectsByKind[0][0], after.ObjectsByKind[0][0]);
    }

    [Fact]
    public void A_file_named_by_an_event_is_read_though_its_stamp_is_the_same()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a", "one.example.com"));
        Age("a.yaml");
        var reader = Reader();
        reader.Read();

        _folder.Write("a.yaml", Yaml.Ingress("a", "two.example.com"));
        Age("a.yaml");
        Assert.False(reader.Read().Different);
        var reading = reader.Read(new HashSet<string> { _folder.At("a.yaml") });

        Assert.Equal("two.example.com", ((V1Ingress)reading.ObjectsByKind[0][0]).Spec.Rules[0].Host);
    }

    [Fact]
    public void Of_a_long_file_only_the_changed_document_is_parsed_again()
    {
        string Text(string host) => string.Join("---\n", Enumerable.Range(0, 100).Select(i => Yaml.Ingress($"i{i}", i == 50 ? host : "example.com")));
        _folder.Write("all.yaml", Text("one.example.com"));
        var reader = Reader();
        var before = reader.Read();

        _folder.Write("all.yaml", "# moved\n" + Text("two.example.com"));
        var after = reader.Read();

        // The changed document, and the first one because of its comment.
        Assert.Equal(102, reader.Parsed);
        Assert.Same(before.ObjectsByKind[0][99], after.ObjectsByKind[0][99]);
        Assert.NotSame(before.ObjectsByKind[0][50], after.ObjectsByKind[0][50]);
    }

    [Fact]
    public void Of_two_objects_with_one_name_the_first_in_path_order_is_used_and_the_problem_names_both()
    {
        _folder.Write("b.yaml", "\n" + Yaml.Ingress("a", "second.example.com"));
        _folder.Write("a.yaml", Yaml.Service("x") + "---\n" + Yaml.Ingress("a", "first.example.com"));

        var reading = Reader().Read();

        Assert.Equal("first.example.com", ((V1Ingress)Assert.Single(reading.ObjectsByKind[0])).Spec.Rules[0].Host);
        var problem = Assert.Single(reading.Problems);
        Assert.Equal(ProblemReason.Duplicate, problem.Reason);
        Assert.Equal(new ObjectReference("Ingress", "default", "a"), problem.Object);
        Assert.Equal($"is written twice; {_folder.At("a.yaml")}:10 is used, {_folder.At("b.yaml")}:2 is not", problem.Message);
        Assert.Equal($"{_folder.At("b.yaml")}:2", problem.Location);
    }

    [Fact]
    public void The_second_of_two_takes_over_when_the_first_goes()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a", "first.example.com"));
        _folder.Write("b.yaml", Yaml.Ingress("a", "second.example.com"));
        var reader = Reader();
        reader.Read();

        File.Delete(_folder.At("a.yaml"));
        var reading = reader.Read();

        Assert.Equal("second.example.com", ((V1Ingress)Assert.Single(reading.ObjectsByKind[0])).Spec.Rules[0].Host);
        Assert.Empty(reading.Problems);
    }

    [Fact]
    public void Link_circles_end_and_a_folder_reached_twice_is_read_once()
    {
        _folder.Write("sub/a.yaml", Yaml.Ingress("a"));
        File.CreateSymbolicLink(_folder.At("sub/up"), "..");
        File.CreateSymbolicLink(_folder.At("self"), ".");
        File.CreateSymbolicLink(_folder.At("again"), "sub");
        File.CreateSymbolicLink(_folder.At("circle.yaml"), "circle.yaml");

        var reading = Reader().Read();

        Assert.Equal(["a"], Names(reading));
        Assert.Equal($"{_folder.At("sub/a.yaml")}:1", reading.Locations.Locate(new("Ingress", "default", "a"), ""));
        Assert.Contains("leads nowhere", Assert.Single(reading.Problems).Message);
    }

    [Fact]
    public void A_link_to_a_file_outside_of_the_folder_is_followed()
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("real.yaml", Yaml.Ingress("a"));
        File.CreateSymbolicLink(_folder.At("a.yaml"), elsewhere.At("real.yaml"));

        Assert.Equal(["a"], Names(Reader().Read()));
    }

    [Fact]
    public void The_folder_itself_may_be_a_link()
    {
        _folder.Write("v1/a.yaml", Yaml.Ingress("a"));
        _folder.Write("v2/b.yaml", Yaml.Ingress("b"));
        File.CreateSymbolicLink(_folder.At("current"), "v1");
        var reader = new FolderReader(_folder.At("current"), TimeProvider.System, ManifestLimits.Default);
        Assert.Equal(["a"], Names(reader.Read()));

        File.Delete(_folder.At("current"));
        File.CreateSymbolicLink(_folder.At("current"), "v2");

        Assert.Equal(["b"], Names(reader.Read()));
    }

    [Fact]
    public void A_file_past_the_size_limit_hurts_only_itself()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        _folder.Write("big.yaml", Yaml.Ingress("big") + new string('#', 2000));

        var reading = Reader(new() { FileBytes = 1000 }).Read();

        Assert.Equal(["a"], Names(reading));
        Assert.Contains("at most 1000 are read", Assert.Single(reading.Problems).Message);
    }

    [Fact]
    public void A_file_that_grows_past_the_limit_keeps_its_last_good_objects()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        var reader = Reader(new() { FileBytes = 1000 });
        reader.Read();

        _folder.Write("a.yaml", Yaml.Ingress("a") + new string('#', 2000));
        var reading = reader.Read();

        Assert.Equal(["a"], Names(reading));
        Assert.Single(reading.Problems);
    }

    [Fact]
    public void Past_the_limits_of_files_and_objects_the_first_in_path_order_are_used()
    {
        for (var i = 0; i < 5; i++)
        {
            _folder.Write($"{i}.yaml", Yaml.Ingress($"i{i}"));
        }

        var byObjects = Reader(new() { Documents = 3 }).Read();
        Assert.Equal(["i0", "i1", "i2"], Names(byObjects));
        Assert.Contains("after 3 objects", Assert.Single(byObjects.Problems).Message);

        var byFiles = Reader(new() { Files = 2 }).Read();
        Assert.Equal(["i0", "i1"], Names(byFiles));
        Assert.Contains("more than 2 manifest files", Assert.Single(byFiles.Problems).Message);
    }

    [Fact]
    public void A_line_break_in_a_file_name_does_not_break_a_line_of_the_log()
    {
        _folder.Write("a\nfake.yaml", "a: [");

        var problem = Assert.Single(Reader().Read().Problems);

        Assert.DoesNotContain('\n', problem.Location! + problem.Object.Name);
    }

    [Fact]
    public void A_problem_of_a_Secret_written_as_text_is_found_at_its_line()
    {
        _folder.Write("s.yaml", Yaml.Secret("s", "tls.crt", "x"));

        var locations = Reader().Read().Locations;

        Assert.Equal($"{_folder.At("s.yaml")}:6", locations.Locate(new("Secret", "default", "s"), "data[tls.crt]"));
        Assert.Null(locations.Locate(new("Secret", "default", "other"), "data[tls.crt]"));
    }
}
