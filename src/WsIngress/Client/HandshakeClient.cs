using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using WsIngress.Cli;

namespace WsIngress.Client;

/// <summary>
/// Asks for a WebSocket: an HTTP/1.1 Upgrade (RFC 6455 section 4.1) or an extended CONNECT over HTTP/2 (RFC 8441). Unlike
/// <c>ClientWebSocket</c> it keeps the body of a refusal, which is where a proxy or pod says why.
/// </summary>
internal sealed class HandshakeClient : IDisposable
{
    private const int LongestBody = 64 * 1024;

    private readonly ConnectOptions _options;
    private readonly TimeProvider _time;
    private readonly Dialer _dialer;
    private readonly HttpMessageInvoker _http;

    public HandshakeClient(ConnectOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _dialer = new Dialer(options, time);
        _http = new HttpMessageInvoker(_dialer.CreateHandler(), disposeHandler: true);
    }

    /// <exception cref="HandshakeException">No answer, or one that is no valid WebSocket handshake.</exception>
    public async Task<Handshake> OpenAsync(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var start = _time.GetTimestamp();
        try
        {
            // Neither is disposed on success: the response owns the connection, which is the socket from now on.
            var response = await _http.SendAsync(CreateRequest(key), both.Token);
            var answered = _time.GetElapsedTime(start);
            return await ReadAsync(response, key, answered, both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new HandshakeException($"no answer from {_options.Url.Authority} within {_options.Timeout.TotalSeconds:0.###} s (--timeout)");
        }
        catch (HttpRequestException e)
        {
            throw new HandshakeException(Explain(e), e);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage CreateRequest(string key)
    {
        var request = new HttpRequestMessage(_options.Http2 ? HttpMethod.Connect : HttpMethod.Get, _options.Url)
        {
            Version = _options.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (_options.Http2)
        {
            request.Headers.Protocol = "websocket";
        }
        else
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        }

        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        if (_options.Subprotocols.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", string.Join(", ", _options.Subprotocols));
        }

        foreach (var header in _options.Headers)
        {
            request.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return request;
    }

    private async Task<Handshake> ReadAsync(HttpResponseMessage response, string key, TimeSpan answered, CancellationToken cancellation)
    {
        var accepted = response.StatusCode == (_options.Http2 ? HttpStatusCode.OK : HttpStatusCode.SwitchingProtocols);
        var handshake = new Handshake
        {
            Url = new UriBuilder(_options.Url) { Scheme = _options.Url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" }.Uri.ToString(),
            HttpVersion = response.Version,
            Status = (int)response.StatusCode,
            Phrase = response.ReasonPhrase ?? "",
            Headers = [.. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).SelectMany(h => h.Value.Select(v => KeyValuePair.Create(h.Key, v)))],
            Connected = _dialer.Connected,
            Answered = answered,
        };
        if (!accepted)
        {
            return handshake with { Body = await ReadBodyAsync(response, cancellation) };
        }

        Check(handshake, key);
        return handshake with { Stream = await response.Content.ReadAsStreamAsync(cancellation) };
    }

    /// <summary>RFC 6455 section 4.1, points 2 to 6 of "if the response lacks".</summary>
    private void Check(Handshake handshake, string key)
    {
        if (!_options.Http2 && handshake.Header("Sec-WebSocket-Accept") != AcceptFor(key))
        {
            throw new HandshakeException("the answer is 101 but its Sec-WebSocket-Accept does not belong to our key");
        }

        if (handshake.Subprotocol is { } chosen && !_options.Subprotocols.Contains(chosen))
        {
            throw new HandshakeException($"the server chose subprotocol '{chosen}', which was not offered");
        }

        if (handshake.Header("Sec-WebSocket-Extensions") is { } extensions)
        {
            throw new HandshakeException($"the server chose extension '{extensions}', which was not offered");
        }
    }

    private static string AcceptFor(string key)
    {
        // SHA-1 is what RFC 6455 section 4.2.2 prescribes; it guards against confusion, not against attackers.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var body = new byte[LongestBody];
        var length = await stream.ReadAtLeastAsync(body, LongestBody, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(body, 0, length);
    }

    private string Explain(HttpRequestException e)
    {
        if (e.InnerException is AuthenticationException tls)
        {
            return $"TLS with {_options.Url.Authority} failed: {tls.Message} (-k accepts any certificate)";
        }

        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"{_options.Url.Host} does not resolve; --resolve HOST:PORT:ADDRESS names an address for it",
            HttpRequestError.ExtendedConnectNotSupported => $"{_options.Url.Authority} does not offer WebSockets over HTTP/2 (RFC 8441)",
            HttpRequestError.VersionNegotiationError => $"{_options.Url.Authority} does not speak HTTP/{(_options.Http2 ? "2" : "1.1")} there",
            _ => $"{_options.Url.Authority}: {(e.InnerException ?? e).Message}",
        };
    }
}
