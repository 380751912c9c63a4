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

    [Fact]
    public void Following_the_edits_of_a_folder_ends_where_reading_it_afresh_ends()
    {
        var random = new Random(42);
        var reader = new FolderReader(_folder.Path, TimeProvider.System, ManifestLimits.Default);
        var store = new ObjectStore();
        for (var round = 0; round < 150; round++)
        {
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                Edit(random);
            }

            var reading = reader.Read();
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
    }

    private static IEnumerable<string> Text(FolderReading reading, ObjectKind kind) =>
        reading.ObjectsByKind[(int)kind].OrderBy(ObjectKey.Of).Select(found => KubernetesJson.Serialize(found));

    private static string? Place(FolderReading reading, string name) => reading.Locations.Locate(new("Ingress", "default", name), "spec.rules[0].host");

    private void Edit(Random random)
    {
        var path = $"{(random.Next(3) == 0 ? "sub/" : "")}{random.Next(6)}.yaml";
        switch (random.Next(6))
        {
            case 0:
                if (File.Exists(_folder.At(path)))
                {
                    File.Delete(_folder.At(path));
                }

                break;
            case 1 when File.Exists(_folder.At(path)):
                File.Move(_folder.At(path), _folder.At($"{random.Next(6)}.yaml"), overwrite: true);
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
