using System.Text;
using k8s;
using WsIngress.Manifests;
using Xunit;

namespace WsIngress.Tests.Manifests;

/// <summary>Laws over many made-up files. The seed is fixed, so a failure can be seen again.</summary>
public sealed class ManifestLawTests
{
    private static readonly string Corpus = Yaml.Ingress("a") + "---\n" + Yaml.Service("web") + "---\n" + Yaml.Secret("s", "k", "v")
        + "---\napiVersion: v1\nkind: List\nitems:\n- &x {apiVersion: v1, kind: Service, metadata: {name: l, labels: {<<: {q: \"1\"}}}}\n";

    private static string Text(ManifestFile file) =>
        string.Join("\n", file.Objects.Select(placed => $"{placed.Line("spec")} {KubernetesJson.Serialize(placed.Written.Object)}"))
        + string.Join("\n", file.Problems.Select(problem => $"{problem.Location} {problem}"));

    [Fact]
    public void Any_damage_gives_problems_and_never_an_exception()
    {
        var random = new Random(20250131);
        var reader = new ManifestReader(ManifestLimits.Default);
        var yaml = Encoding.UTF8.GetBytes(Corpus);
        var json = Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}]}""");
        var signs = Encoding.UTF8.GetBytes("[]{}:,-?*&!|>'\"%@`#~\n\t \\<0aé");
        var damaged = 0;
        for (var i = 0; i < 3000; i++)
        {
            var isJson = i % 3 == 0;
            var bytes = (isJson ? json : yaml).ToList();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = signs[random.Next(signs.Length)]; break;
                    case 1: bytes.Insert(at, signs[random.Next(signs.Length)]); break;
                    case 2: bytes.RemoveAt(at); break;
                    default: bytes.RemoveRange(at, Math.Min(random.Next(40), bytes.Count - at - 1)); break;
                }
            }

            var file = reader.Read(isJson ? "m.json" : "m.yaml", bytes.ToArray());
            damaged += file.Problems.IsEmpty ? 0 : 1;
            Assert.All(file.Problems, problem => Assert.Matches("^m[.](yaml|json):[0-9]+$", problem.Location!));
            Assert.All(file.Problems, problem => Assert.DoesNotContain("is no YAML that can be read", problem.Message, StringComparison.Ordinal));
        }

        Assert.InRange(damaged, 1000, 3000);
    }

    [Fact]
    public void Reading_on_from_any_previous_text_gives_what_a_fresh_reading_gives()
    {
        var random = new Random(7);
        var reader = new ManifestReader(ManifestLimits.Default);
        ManifestFile? previous = null;
        for (var i = 0; i < 300; i++)
        {
            var documents = Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(4) switch
            {
                0 => Yaml.Ingress("i" + random.Next(5), $"h{random.Next(3)}.example.com"),
                1 => "# " + random.Next(3) + "\n" + Yaml.Service("s" + random.Next(5)),
                2 => "apiVersion: apps/v1\nkind: Deployment\n",
                _ => "\n",
            });
            var text = Encoding.UTF8.GetBytes(string.Join("---\n", documents));

            previous = reader.Read("m.yaml", text, previous);

            Assert.Equal(Text(new ManifestReader(ManifestLimits.Default).Read("m.yaml", text)), Text(previous));
        }

        Assert.InRange(reader.Parsed, 300, 900);
    }
}
