using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WsIngress.Routing;

/// <summary>The one text form of a <see cref="RoutingTable"/>: fixed member order, defaults left out, no secret.</summary>
internal static class CanonicalJson
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_json;

    public static string Write(RoutingTable table)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            Table(json, table);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>SHA-256 over the hashes of the parts in their order. They keep theirs, so a small change costs a small hash.</summary>
    public static string Hash(RoutingTable table)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var host in table.Hosts)
        {
            hash.AppendData(HashOf(host));
        }

        hash.AppendData("default"u8);
        if (table.DefaultRoute is { } route)
        {
            hash.AppendData(HashOf(route));
        }

        hash.AppendData("backends"u8);
        foreach (var backend in table.Backends)
        {
            hash.AppendData(HashOf(backend));
        }

        hash.AppendData("tls"u8);
        foreach (var binding in table.TlsBindings)
        {
            hash.AppendData(HashOf(binding));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Compares part by part; those that are the same object are not hashed.</summary>
    public static bool HaveSameHash(RoutingTable a, RoutingTable b) =>
        Same(a.Hosts, b.Hosts, HashOf)
        && Same(a.Backends, b.Backends, HashOf)
        && Same(a.TlsBindings, b.TlsBindings, HashOf)
        && Same<Route>(a.DefaultRoute is { } one ? [one] : [], b.DefaultRoute is { } other ? [other] : [], HashOf);

    private static bool Same<T>(ImmutableArray<T> a, ImmutableArray<T> b, Func<T, byte[]> hashOf)
        where T : class
    {
        if (a == b)
        {
            return true;
        }

        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!ReferenceEquals(a[i], b[i]) && !hashOf(a[i]).AsSpan().SequenceEqual(hashOf(b[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] HashOf(VirtualHost host) => host.Hash.GetOrAdd(host, static h => HashOf(h, Host));

    private static byte[] HashOf(Route route) => HashOf(route, static (json, r) => RouteJson.Write(json, r));

    private static byte[] HashOf(Backend backend) => backend.Hash.GetOrAdd(backend, static b => HashOf(b, BackendJson));

    private static byte[] HashOf(TlsBinding binding) => binding.Hash.GetOrAdd(binding, static b => HashOf(b, Tls));

    private static byte[] HashOf<T>(T part, Action<Utf8JsonWriter, T> write)
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(4096);
        var json = t_json ??= new Utf8JsonWriter(buffer, Compact);
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        write(json, part);
        json.Flush();
        return SHA256.HashData(buffer.WrittenSpan);
    }

    private static void Table(Utf8JsonWriter json, RoutingTable table)
    {
        json.WriteStartObject();
        json.WriteStartArray("hosts");
        foreach (var host in table.Hosts)
        {
            Host(json, host);
        }

        json.WriteEndArray();
        Default(json, table.DefaultRoute);
        json.WriteStartArray("backends");
        foreach (var backend in table.Backends)
        {
            BackendJson(json, backend);
        }

        json.WriteEndArray();
        json.WriteStartArray("tls");
        foreach (var binding in table.TlsBindings)
        {
            Tls(json, binding);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Host(Utf8JsonWriter json, VirtualHost host)
    {
        json.WriteStartObject();
        json.WriteString("host", host.Host);
        json.WriteStartArray("routes");
        foreach (var route in host.Routes)
        {
            RouteJson.Write(json, route);
        }

        json.WriteEndArray();
        Default(json, host.Default);
        json.WriteEndObject();
    }

    private static void Tls(Utf8JsonWriter json, TlsBinding binding)
    {
        json.WriteStartObject();
        json.WriteString("host", binding.Host);
        json.WriteString("source", binding.Source);
        json.WriteString("fingerprint", binding.Fingerprint);
        json.WriteEndObject();
    }

    private static void Default(Utf8JsonWriter json, Route? route)
    {
        if (route is not null)
        {
            json.WritePropertyName("default");
            RouteJson.Write(json, route);
        }
    }

    private static void BackendJson(Utf8JsonWriter json, Backend backend)
    {
        json.WriteStartObject();
        json.WriteString("key", backend.Key);
        json.WriteStartArray("endpoints");
        foreach (var endpoint in backend.Endpoints)
        {
            json.WriteStartObject();
            json.WriteString("address", endpoint.Authority);
            if (endpoint.PodUid is { } uid)
            {
                json.WriteString("podUid", uid);
            }

            if (endpoint.PodName is { } pod)
            {
                json.WriteString("pod", pod);
            }

            RouteJson.Flag(json, "ready", endpoint.Ready, true);
            RouteJson.Flag(json, "serving", endpoint.Serving, true);
            RouteJson.Flag(json, "terminating", endpoint.Terminating, false);
            if (endpoint.Weight != 1)
            {
                json.WriteNumber("weight", endpoint.Weight);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
