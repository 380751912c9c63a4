using System.Reflection;

namespace WsIngress.Hosting;

/// <summary>The version of this build, without the commit.</summary>
internal static class ProductVersion
{
    public static string Text { get; } = (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];
}
