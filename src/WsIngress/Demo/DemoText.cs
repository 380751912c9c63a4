using System.Collections.Immutable;
using System.Net;
using System.Text;
using WsIngress.Cli;

namespace WsIngress.Demo;

/// <summary>What the demo says once it is ready: what runs where, and what to try next.</summary>
internal static class DemoText
{
    public static string Write(string folder, ImmutableArray<DemoPod> pods, BoundListeners bound, TimeSpan took)
    {
        var text = new StringBuilder();
        text.Append($"wsingress demo ready in {took.TotalMilliseconds:0} ms: {bound}\n");
        text.Append($"  pods       {string.Join(", ", pods.Select(p => $"{p.Name} at 127.0.0.1:{p.Port}"))}\n");
        text.Append($"  manifests  {folder}\n\n");
        text.Append("Try, in another terminal:\n");
        foreach (var line in Lines(folder, bound))
        {
            text.Append($"  {line}\n");
        }

        text.Append("\nCtrl-C stops it all and removes the folder. With --access-log on every request and socket is logged here.\n");
        return text.ToString();
    }

    private static IEnumerable<string> Lines(string folder, BoundListeners bound)
    {
        var program = Program(Environment.ProcessPath);
        if (bound.Http is { } http)
        {
            yield return $"curl http://{DemoManifests.Host}:{http.Port}/";
            yield return $"{program} connect ws://{DemoManifests.Host}:{http.Port}/";
        }

        if (bound.Https is { } https)
        {
            yield return $"{program} connect wss://{DemoManifests.Host}:{https.Port}/ -k --http2";
        }

        yield return $"edit {Path.Combine(folder, DemoManifests.EndpointsFile)}: with 'ready: false' a pod gets no new sockets and keeps its open ones";
        if (bound.Admin is { } admin)
        {
            yield return $"curl http://{Reach(admin)}/connections";
        }

        if (bound.Metrics is { } metrics)
        {
            yield return $"curl http://{Reach(metrics)}/metrics";
        }
    }

    /// <summary>The command as it can be typed: the full path when it was started as a program of its own, such as by <c>dotnet run</c>.</summary>
    private static string Program(string? path) =>
        path is not null && Path.GetFileNameWithoutExtension(path) == "wsingress" ? path : "wsingress";

    private static string Reach(IPEndPoint address) =>
        address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any) ? $"127.0.0.1:{address.Port}" : address.ToString();
}
