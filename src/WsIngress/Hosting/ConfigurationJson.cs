using WsIngress.Admin;
using WsIngress.Cli;
using WsIngress.Store;

namespace WsIngress.Hosting;

/// <summary>What <c>/config</c> of the admin API answers: the options in force and where the sync stands.</summary>
internal static class ConfigurationJson
{
    public static string Write(ServerOptions options, HostFeed feed, SyncStatus status) => AdminJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ProductVersion.Text);
        json.WriteStartObject("options");
        feed.WriteOptions(json);
        json.WriteString("http", options.Http.ToString());
        json.WriteString("https", options.Https.ToString());
        json.WriteString("h2c", options.H2c.ToString());
        json.WriteString("metrics", options.Metrics.ToString());
        json.WriteString("admin", options.Admin.ToString());
        json.WriteString("adminTokenFile", options.AdminTokenFile);
        json.WriteString("ingressClass", options.IngressClass);
        json.WriteString("trustedProxies", string.Join(",", options.TrustedProxies));
        json.WriteString("proxyProtocol", string.Join(",", options.ProxyProtocol));
        json.WriteBoolean("disableExternalName", options.DisableExternalName);
        json.WriteStartObject("default");
        foreach (var (name, text) in options.Defaults.Entries)
        {
            json.WriteString(name, text);
        }

        json.WriteEndObject();
        json.WriteNumber("maxConnectionsPerNamespace", options.MaxConnectionsPerNamespace);
        json.WriteNumber("drainWindowSeconds", options.DrainWindow.TotalSeconds);
        json.WriteNumber("drainDeadlineSeconds", options.DrainDeadline.TotalSeconds);
        json.WriteNumber("lbDeregistrationDelaySeconds", options.DeregistrationDelay.TotalSeconds);
        json.WriteBoolean("accessLog", options.AccessLog);
        json.WriteString("logLevel", options.LogLevel.ToString());
        json.WriteEndObject();
        json.WriteStartObject("sync");
        json.WriteNumber("revision", status.Revision);
        json.WriteString("contentHash", status.ContentHash);
        json.WriteString("waitingFor", status.WaitingFor);
        json.WriteString("lastSuccess", status.LastSuccess?.UtcDateTime.ToString("O"));
        json.WriteNumber("lastDurationMs", Math.Round(status.LastDuration.TotalMilliseconds, 3));
        json.WriteNumber("events", status.Events);
        json.WriteNumber("effectiveEvents", status.EffectiveEvents);
        json.WriteNumber("translations", status.Translations);
        json.WriteNumber("failures", status.Failures);
        json.WriteString("lastFailure", status.LastFailure);
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
