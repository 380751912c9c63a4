using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Live;

namespace WsIngress.Proxy.Telemetry;

/// <summary>
/// An open socket: what its live record, its lines in the log and its metrics need. It is the relay session's tag, and one of the few objects that an
/// idle socket holds; so it is kept small, and texts that many sockets of a route have in common are held once.
/// </summary>
public class SocketFacts
{
    private static readonly SearchValues<char> LowercaseHex = SearchValues.Create("0123456789abcdef");

    private readonly string? _requestId;
    private readonly UInt128 _drawnRequestId;
    private readonly IPAddress? _client;
    private readonly uint _clientV4;
    private readonly bool _isHttp2;
    private readonly bool _isTls;

    internal SocketFacts(RequestFacts request, RouteState route, EndpointEntry endpoint, string service, string? subprotocol)
    {
        Id = request.Id;
        Route = route;
        Endpoint = endpoint;
        Service = service;
        Host = route.Texts.Host.Share(request.Host);
        Path = route.Texts.Path.Share(request.Path);
        Subprotocol = subprotocol is null ? null : route.Texts.Subprotocol.Share(subprotocol);
        _isHttp2 = request.Protocol == "HTTP/2";
        _isTls = request.Scheme == "wss";
        if (!TryReadDrawn(request.RequestId, out _drawnRequestId))
        {
            _requestId = request.RequestId;
        }

        if (request.Client.AddressFamily == AddressFamily.InterNetwork)
        {
            Span<byte> bytes = stackalloc byte[4];
            request.Client.TryWriteBytes(bytes, out _);
            _clientV4 = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        }
        else
        {
            _client = request.Client;
        }
    }

    /// <summary>Its name in logs, in the admin API and for operators.</summary>
    public string Id { get; }

    /// <summary>X-Request-ID as the pod got it.</summary>
    public string RequestId => _requestId ?? _drawnRequestId.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The client as far as it can be trusted.</summary>
    public IPAddress Client => _client ?? new IPAddress(_clientV4);

    public string Host { get; }

    /// <summary>Without the query.</summary>
    public string Path { get; }

    /// <summary><c>HTTP/1.1</c> or <c>HTTP/2</c>.</summary>
    public string Protocol => _isHttp2 ? "HTTP/2" : "HTTP/1.1";

    /// <summary><c>ws</c> or <c>wss</c>.</summary>
    public string Scheme => _isTls ? "wss" : "ws";

    public RouteState Route { get; }

    /// <summary>The pod, whose load the socket is part of.</summary>
    public EndpointEntry Endpoint { get; }

    public string Service { get; }

    public string Pod => Endpoint.Endpoint.PodName ?? "";

    public string PodAddress => Endpoint.Authority;

    public string? Subprotocol { get; }

    /// <summary>What its handshake had for the key of a limit; zero where nothing has to be kept. See <see cref="SocketCounts.KeyOf"/>.</summary>
    internal virtual UInt128 CountKey => UInt128.Zero;

    /// <summary>An id as this proxy draws them, 32 lowercase hex digits, fits into 16 bytes; its text is 88.</summary>
    private static bool TryReadDrawn(string text, out UInt128 drawn)
    {
        drawn = default;
        return text.Length == 32
            && !text.AsSpan().ContainsAnyExcept(LowercaseHex)
            && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out drawn);
    }
}

/// <summary>One that counts for the key of a limit: only these pay for it.</summary>
internal sealed class KeyedSocketFacts(RequestFacts request, RouteState route, EndpointEntry endpoint, string service, string? subprotocol, UInt128 key)
    : SocketFacts(request, route, endpoint, service, subprotocol)
{
    internal override UInt128 CountKey => key;
}
