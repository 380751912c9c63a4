using System.Reflection;

namespace WsIngress.Tests.Translation;

/// <summary>The folders of this repository, as seen from a test run.</summary>
internal static class SourceTree
{
    public static string TestProject { get; } = typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ProjectDirectory").Value!;

    public static string Root { get; } = Path.GetFullPath(Path.Combine(TestProject, "..", ".."));

    public static string Goldens { get; } = Path.Combine(TestProject, "Translation", "Golden");
}
