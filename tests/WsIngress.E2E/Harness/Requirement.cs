using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>Software that a test talks to. Where it is missing the test is skipped; with WSINGRESS_E2E_REQUIRE=1, as in .ci/run, it fails.</summary>
internal static class Requirement
{
    public static string PeersDirectory { get; } = Path.Combine(Binary.ProjectDirectory, "peers");

    public static bool HasNode { get; } = Find("node") is not null && Directory.Exists(Path.Combine(PeersDirectory, "node_modules", "ws"));

    public static void Node() =>
        Need(HasNode, $"node with the packages of {PeersDirectory} is missing: install nodejs and npm, then run 'npm ci' there");

    /// <summary>The path of a program, or the end of the test.</summary>
    public static string Program(string name, string package)
    {
        var path = Find(name);
        Need(path is not null, $"{name} is missing: install the Debian package {package}");
        return path!;
    }

    private static void Need(bool present, string sentence)
    {
        if (present)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("WSINGRESS_E2E_REQUIRE") == "1")
        {
            Assert.Fail(sentence + " (WSINGRESS_E2E_REQUIRE=1)");
        }

        Assert.Skip(sentence);
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
