using k8s;
using WsIngress.Manifests;
using WsIngress.Sources;
using WsIngress.Store;
using WsIngress.Tests.Manifests;
using Xunit;

namespace WsIngress.Tests.Sources;

/// <summary>After any edits a reader that followed them, and a store that took its batches, say what a fresh reader says.</summary>
public sealed class FolderLawTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Following_the_edits_of_a_folder_ends_where_reading_it_afresh_ends(bool byEventsAlone)
    {
        var random = new Random(42);
        var reader = new FolderReader(_folder.Path, TimeProvider.System, ManifestLimits.Default);
        var store = new ObjectStore();
        for (var round = 0; round < 150; round++)
        {
            var touched = new HashSet<string>();
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                Edit(random, touched);
            }

            var reading = reader.Read(touched, byEventsAlone && round > 0);
            foreach (var kind in reading.Changed)
            {
                store.Apply(StoreEvent.Replace(kind, reading.ObjectsByKind[(int)kind]));
            }

            var fresh = new FolderReader(_folder.Path, TimeProvider.System, ManifestLimits.Default).Read();
            Assert.Equal(fresh.Problems, reading.Problems);
            var snapshot = store.TakeSnapshot();
            Assert.Equal(Text(fresh, ObjectKind.Ingress), snapshot.Ingresses.Select(found => KubernetesJson.Serialize(found)));
            Assert.Equal(Text(fresh, ObjectKind.Service), snapshot.Services.Select(found => KubernetesJson.Serialize(found)));
            Assert.All(snapshot.Ingresses, found => Assert.Equal(Place(fresh, found.Metadata.Name), Place(reading, found.Metadata.Name)));
        }

        Assert.True(byEventsAlone ? reader.Listed < 20 : reader.Listed == 150, $"listed {reader.Listed} times");
    }

    [Theory]
    [InlineData("link.yaml")]
    [InlineData("links/a.yaml")]
    public void Where_a_link_is_in_the_folder_the_whole_of_it_is_looked_at(string link)
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.Write("a.yaml", Yaml.Ingress("linked", "old.example.com"));
        _folder.Write("b.yaml", Yaml.Ingress("plain"));
        if (link.Contains('/', StringComparison.Ordinal))
        {
            Directory.CreateSymbolicLink(_folder.At("links"), elsewhere.Path);
        }
        else
        {
            File.CreateSymbolicLink(_folder.At(link), elsewhere.At("a.yaml"));
        }

        var reader = new FolderReader(_folder.Path, TimeProvider.System, ManifestLimits.Default);
        reader.Read();
        elsewhere.Write("a.yaml", Yaml.Ingress("linked", "new.example.com"));
        var reading = reader.Read(new HashSet<string> { _folder.At("b.yaml") }, onlySuspects: true);

        Assert.Equal(2, reader.Listed);
        Assert.Contains("new.example.com", string.Concat(Text(reading, ObjectKind.Ingress)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_comes_goes_or_hides_is_seen_by_its_event()
    {
        _folder.Write("a.yaml", Yaml.Ingress("a"));
        var reader = new FolderReader(_folder.Path, TimeProvider.System, ManifestLimits.Default);
        reader.Read();

        _folder.Write("new/b.yaml", Yaml.Ingress("b"));
        Assert.Equal(2, reader.Read(new HashSet<string> { _folder.At("new") }, onlySuspects: true).ObjectsByKind[0].Length);
        Directory.Move(_folder.At("new"), _folder.At("other"));
        Assert.Equal(2, reader.Read(new HashSet<string> { _folder.At("new"), _folder.At("other") }, onlySuspects: true).ObjectsByKind[0].Length);
        Directory.Delete(_folder.At("other"), recursive: true);
        Assert.Single(reader.Read(new HashSet<string> { _folder.At("other"), _folder.At("other/b.yaml") }, onlySuspects: true).ObjectsByKind[0]);
        _folder.Write(".hidden/c.yaml", Yaml.Ingress("c"));
        _folder.Write("notes.txt", "no manifest");
        Assert.Single(reader.Read(new HashSet<string> { _folder.At(".hidden"), _folder.At(".hidden/c.yaml"), _folder.At("notes.txt") }, onlySuspects: true).ObjectsByKind[0]);
        Assert.Equal(4, reader.Listed);
    }

    private static IEnumerable<string> Text(FolderReading reading, ObjectKind kind) =>
        reading.ObjectsByKind[(int)kind].OrderBy(ObjectKey.Of).Select(found => KubernetesJson.Serialize(found));

    private static string? Place(FolderReading reading, string name) => reading.Locations.Locate(new("Ingress", "default", name), "spec.rules[0].host");

    private void Edit(Random random, HashSet<string> touched)
    {
        var path = $"{(random.Next(3) == 0 ? "sub/" : "")}{random.Next(6)}.yaml";
        touched.Add(_folder.At(path));
        if (path.StartsWith("sub/", StringComparison.Ordinal) && !Directory.Exists(_folder.At("sub")))
        {
            touched.Add(_folder.At("sub"));
        }

        switch (random.Next(6))
        {
            case 0:
                if (File.Exists(_folder.At(path)))
                {
                    File.Delete(_folder.At(path));
                }

                break;
            case 1 when File.Exists(_folder.At(path)):
                var to = $"{random.Next(6)}.yaml";
                touched.Add(_folder.At(to));
                File.Move(_folder.At(path), _folder.At(to), overwrite: true);
                break;
            case 2:
                _folder.Write(path, Yaml.Service("s" + random.Next(4)));
                break;
            default:
                _folder.Write(path, new string('\n', random.Next(3)) + Yaml.Ingress("i" + random.Next(8), $"h{random.Next(4)}.example.com") + "---\n" + Yaml.Ingress("i" + random.Next(8)));
                break;
        }
    }
}
