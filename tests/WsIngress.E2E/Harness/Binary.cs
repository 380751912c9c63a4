using System.Reflection;
using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>The built executable under test.</summary>
internal static class Binary
{
    public static string Path { get; } = Metadata("WsIngressBinary");

    /// <summary>The folder of this project, where the peers' scripts live.</summary>
    public static string ProjectDirectory { get; } = Metadata("E2EDirectory");

    private static string Metadata(string key) => System.IO.Path.GetFullPath(typeof(Binary).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);
}

public sealed class BinaryTests
{
    [Fact]
    public void The_binary_is_built_with_the_tests() => Assert.True(File.Exists(Binary.Path), Binary.Path);
}
