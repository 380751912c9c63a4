using System.Diagnostics;

namespace WsIngress.Bench.Proxies;

/// <summary>A kind of proxy that can be started as often as is needed.</summary>
/// <param name="Name">Its column.</param>
/// <param name="Version">As it says itself.</param>
/// <param name="Start">In a folder, before a pod's port.</param>
internal sealed record ProxyKind(string Name, string Version, Func<Workplace, int, RunningProxy> Start)
{
    /// <summary>The load without a proxy; what the ends of it can do.</summary>
    public static ProxyKind Direct { get; } = new("direct", "", (_, pod) => new("direct", null, pod, null));

    /// <summary>Null when it is not installed.</summary>
    public static ProxyKind? Nginx()
    {
        if (ChildProcess.Find("nginx") is not { } program)
        {
            return null;
        }

        return new("nginx", Ask(program, "-v"), (place, pod) =>
        {
            var (http, https) = (place.FreePort(), place.FreePort());
            var file = place.Fill("nginx.conf", $"nginx-{http}.conf", ("DIR", place.Folder), ("HTTP", $"{http}"), ("HTTPS", $"{https}"), ("POD", $"{pod}"), ("FILES", $"{Workplace.Files - 200}"));
            return new("nginx", ChildProcess.Start(place.Log("nginx"), program, ["-c", file, "-e", place.Log("nginx-errors")]), http, https);
        });
    }

    /// <summary>Null when it is not installed.</summary>
    public static ProxyKind? HAProxy()
    {
        if (ChildProcess.Find("haproxy") is not { } program)
        {
            return null;
        }

        return new("haproxy", Ask(program, "-v"), (place, pod) =>
        {
            var (http, https) = (place.FreePort(), place.FreePort());
            var file = place.Fill("haproxy.cfg", $"haproxy-{http}.cfg", ("DIR", place.Folder), ("HTTP", $"{http}"), ("HTTPS", $"{https}"), ("POD", $"{pod}"), ("HALF_FILES", $"{(Workplace.Files / 2) - 200}"));
            return new("haproxy", ChildProcess.Start(place.Log("haproxy"), program, ["-db", "-q", "-f", file]), http, https);
        });
    }

    /// <summary>With the collector that a web project has by default on a machine of several cores.</summary>
    public static ProxyKind Yarp() => new("yarp", $"{typeof(Yarp.ReverseProxy.Forwarder.IHttpForwarder).Assembly.GetName().Version}", (place, pod) =>
    {
        var (http, https) = (place.FreePort(), place.FreePort());
        string[] arguments = ["bench-yarp", $"{http}", $"{https}", $"{pod}", place.CertificateFile, place.KeyFile];
        return new("yarp", ChildProcess.Start(place.Log("yarp"), Self, arguments, ("DOTNET_gcServer", "1")), http, https);
    });

    /// <summary>No proxy: the system calls of one, and nothing else.</summary>
    public static ProxyKind Bare { get; } = new("bare", "", (place, pod) =>
    {
        var http = place.FreePort();
        return new("bare", ChildProcess.Start(place.Log("bare"), Self, ["bench-bare", $"{http}", $"{pod}"], PodProcess.Steady), http, null);
    });

    /// <param name="name">Its column; a second one of other arguments has another name.</param>
    /// <param name="program">The built executable.</param>
    /// <param name="extra">Arguments behind those of the bench.</param>
    public static ProxyKind WsIngress(string name, string program, string[] extra) => new(name, Ask(program, "--version"), (place, pod) =>
    {
        var (http, https, metrics) = (place.FreePort(), place.FreePort(), place.FreePort());
        var folder = $"manifests-{http}";
        place.Fill("wsingress.yaml", Path.Combine(folder, "bench.yaml"), ("POD", $"{pod}"), ("CERTIFICATE", Base64(place.CertificateFile)), ("KEY", Base64(place.KeyFile)));
        string[] arguments =
        [
            "run", "--manifests", Path.Combine(place.Folder, folder), "--http", $"127.0.0.1:{http}", "--https", $"127.0.0.1:{https}", "--metrics", $"127.0.0.1:{metrics}", "--admin", "off", .. extra,
        ];
        return new(name, ChildProcess.Start(place.Log(name), program, arguments), http, https) { Metrics = metrics };
    });

    /// <summary>This program, for the modes of it that are processes of their own.</summary>
    public static string Self => Path.Combine(AppContext.BaseDirectory, "WsIngress.Bench");

    private static string Base64(string file) => Convert.ToBase64String(File.ReadAllBytes(file));

    private static string Ask(string program, string option)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [option]) { RedirectStandardOutput = true, RedirectStandardError = true });
        var text = process?.StandardOutput.ReadLine() ?? process?.StandardError.ReadLine() ?? "";
        process?.WaitForExit();
        return text.Split(' ', '/').FirstOrDefault(w => w.Length > 0 && char.IsAsciiDigit(w[0])) ?? text;
    }
}
