using System.Reflection;
using System.Runtime.CompilerServices;
using WsIngress.Proxy;
using WsIngress.Relay;
using WsIngress.Routing;
using WsIngress.Tests.Translation;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Architecture;

/// <summary>The rules that the projects' walls stand for, checked on what was really built.</summary>
public sealed class WallTests
{
    private static readonly Assembly[] Product =
        [typeof(RoutingTable).Assembly, typeof(RelaySession).Assembly, typeof(Translator).Assembly, typeof(DataPlane).Assembly, typeof(WsIngress.Transport.Loops.EventLoop).Assembly, Assembly.Load("wsingress")];

    [Theory]
    [InlineData("WsIngress.Routing", "")]
    [InlineData("WsIngress.Relay", "")]
    [InlineData("WsIngress.Translation", "WsIngress.Routing,KubernetesClient")]
    [InlineData("WsIngress.Transport", "WsIngress.Relay,Microsoft.AspNetCore,Microsoft.Extensions,Microsoft.Net.Http.Headers")]
    [InlineData("WsIngress.Proxy", "WsIngress.Routing,WsIngress.Relay,WsIngress.Transport,Yarp.ReverseProxy,Microsoft.AspNetCore,Microsoft.Extensions,Microsoft.Net.Http.Headers,System.IO.Hashing")]
    public void A_project_references_only_what_its_wall_lets_through(string project, string allowed)
    {
        var assembly = Product.Single(a => a.GetName().Name == project);
        var prefixes = allowed.Split(',', StringSplitOptions.RemoveEmptyEntries);

        var foreign = assembly.GetReferencedAssemblies()
            .Select(r => r.Name!)
            .Where(name => !IsBaseClassLibrary(name) && !Array.Exists(prefixes, p => name.StartsWith(p, StringComparison.Ordinal)));

        Assert.Empty(foreign);
    }

    [Fact]
    public void Classes_are_sealed_or_abstract_or_static()
    {
        var open = Product.SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && t.Namespace?.StartsWith("WsIngress", StringComparison.Ordinal) == true)
            .Where(t => !t.IsDefined(typeof(CompilerGeneratedAttribute)) && t.DeclaringType?.IsDefined(typeof(CompilerGeneratedAttribute)) != true)
            .Where(t => !Array.Exists(Product.SelectMany(a => a.GetTypes()).ToArray(), d => d.BaseType == t));

        Assert.Empty(open.Select(t => t.FullName));
    }

    [Fact]
    public void No_method_is_async_void()
    {
        var methods = Product.SelectMany(a => a.GetTypes())
            .SelectMany(t => t.GetMethods(BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(m => m.ReturnType == typeof(void) && m.IsDefined(typeof(AsyncStateMachineAttribute)));

        Assert.Empty(methods.Select(m => $"{m.DeclaringType}.{m.Name}"));
    }

    [Fact]
    public void No_source_file_is_longer_than_four_hundred_lines()
    {
        var files = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(f => (Name: Path.GetFileName(f), Lines: File.ReadLines(f).Count()))
            .ToArray();

        Assert.True(files.Length > 100, "the source files were not found");
        Assert.DoesNotContain(files, f => f.Lines > 400);
    }

    private static bool IsBaseClassLibrary(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) && name != "System.IO.Hashing" || name is "netstandard" or "mscorlib" or "System" or "Microsoft.Win32.Primitives";

}
