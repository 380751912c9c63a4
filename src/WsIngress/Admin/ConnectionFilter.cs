using System.Net;
using Microsoft.AspNetCore.Http;
using WsIngress.Cli;
using WsIngress.Proxy.Telemetry;

namespace WsIngress.Admin;

/// <summary>Which sockets a call of the admin API is about. What is null holds for all.</summary>
internal sealed record ConnectionFilter
{
    /// <summary>The query's names, in the order of the documentation.</summary>
    public static readonly string[] Names = ["namespace", "ingress", "service", "pod", "client", "host", "route", "min-age", "max-age"];

    public string? Namespace { get; init; }

    /// <summary><c>NAME</c> or <c>NAMESPACE/NAME</c>.</summary>
    public string? Ingress { get; init; }

    public string? Service { get; init; }

    /// <summary>A pod's name, or its <c>address:port</c>.</summary>
    public string? Pod { get; init; }

    /// <summary>An address, or a network.</summary>
    public IPNetwork? Client { get; init; }

    public string? Host { get; init; }

    /// <summary>Path of the rule that took it, as the Ingress has it.</summary>
    public string? Route { get; init; }

    public TimeSpan? MinAge { get; init; }

    public TimeSpan? MaxAge { get; init; }

    public bool IsEmpty => this == new ConnectionFilter();

    /// <param name="query">Of the call.</param>
    /// <param name="others">What the call takes beside the filter.</param>
    /// <exception cref="FormatException">Names the parameter, its value and what is allowed.</exception>
    public static ConnectionFilter Read(IQueryCollection query, params string[] others)
    {
        AdminQuery.Check(query, [.. Names, .. others]);
        string? Value(string name) => query[name] is [var value] ? value : null;
        TimeSpan? Age(string name) => Value(name) is not { } text ? null
            : DurationText.TryParse(text, out var age) ? age
            : throw new FormatException($"{name}: '{text}' cannot be used; allowed: {DurationText.Allowed}");
        return new()
        {
            Namespace = Value("namespace"),
            Ingress = Value("ingress"),
            Service = Value("service"),
            Pod = Value("pod"),
            Client = Value("client") is { } text ? ReadClient(text) : null,
            Host = Value("host"),
            Route = Value("route"),
            MinAge = Age("min-age"),
            MaxAge = Age("max-age"),
        };
    }

    public bool Matches(SocketFacts socket, TimeSpan age)
    {
        var owner = socket.Route.Route.Owner;
        return (Namespace is null || owner.Namespace == Namespace)
            && (Ingress is null || (Ingress.Contains('/', StringComparison.Ordinal) ? owner.ToString() : owner.Name) == Ingress)
            && (Service is null || socket.Service == Service)
            && (Pod is null || socket.Pod == Pod || socket.PodAddress == Pod)
            && (Client is not { } network || network.Contains(socket.Client))
            && (Host is null || Routing.HostText.WithoutPort(socket.Host).Equals(Host, StringComparison.OrdinalIgnoreCase))
            && (Route is null || socket.Route.Route.Path.Value == Route)
            && (MinAge is null || age >= MinAge)
            && (MaxAge is null || age <= MaxAge);
    }

    private static IPNetwork ReadClient(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : throw new FormatException($"client: '{text}' cannot be used; allowed: an address, or a network such as 10.0.0.0/8");
}
