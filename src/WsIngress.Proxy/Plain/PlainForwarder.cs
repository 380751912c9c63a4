using System.Net.Sockets;
using WsIngress.Proxy.Admission;
using WsIngress.Proxy.Balancing;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// Takes a request to a pod and has its answer passed on. A pod that takes no connection costs a try, not the request; a kept connection that ends
/// without a byte of an answer costs another connection, since what is asked here changes nothing (RFC 9110 §9.2.2).
/// </summary>
internal sealed class PlainForwarder(PodPools pools, RetryDelay retry, Random random, TimeProvider time)
{
    private const int MaxInformational = 64;

    public async ValueTask ForwardAsync(PlainClient client, PlainRequest request, PlainAnswer answer)
    {
        var exchange = request.Exchange;
        var backend = exchange.Backend!;
        var affinity = PickKey.Affinity(backend.Policy, request.Headers.Get("Cookie"));
        var hashKey = PickKey.Hash(backend.Policy, exchange.Forwarded.ClientAddress, exchange.Target, request.Headers.Get);
        List<EndpointEntry>? tried = null;
        while (Balancer.Pick(backend.Backend, backend.Policy, affinity, hashKey, tried, random, time: time) is { } endpoint)
        {
            exchange.Endpoint = endpoint;
            endpoint.State.RequestTaken();
            try
            {
                if (await AskAsync(client, request, answer, endpoint))
                {
                    answer.AffinityCookie = AffinityCookies.Write(backend.Policy, endpoint, affinity, exchange.Forwarded.Proto == "https");
                    await answer.PassOnAsync();
                    return;
                }
            }
            finally
            {
                endpoint.State.RequestReturned();
            }

            if (answer.IsDecided || client.IsGone)
            {
                await answer.RefuseAsync();
                return;
            }

            (tried ??= []).Add(endpoint);
        }

        if (tried is null)
        {
            await answer.RefuseAsync(503, "no endpoint is ready", retry.Draw());
        }
        else
        {
            await answer.RefuseAsync(502, "no pod accepted the connection");
        }
    }

    /// <summary>True when the pod's head has come; else <see cref="PlainAnswer.IsDecided"/> says whether another pod may be asked.</summary>
    private async ValueTask<bool> AskAsync(PlainClient client, PlainRequest request, PlainAnswer answer, EndpointEntry endpoint)
    {
        var pool = pools.Of(client.Loop);
        for (var kept = pool.Take(endpoint.Target); ; kept = null)
        {
            var pod = kept ?? await DialAsync(client, request.Exchange, endpoint);
            if (pod is null)
            {
                return false;
            }

            client.Ask(pod.Socket);
            client.Expect(request.Exchange.Route!.Policy.RequestTimeout);
            var failure = "";
            try
            {
                if (await SendAndHearAsync(client, request, answer, pod))
                {
                    answer.From(pod, pool);
                    return true;
                }

                failure = client.FromPod.Length == 0 ? "closed the connection without an answer" : "closed the connection inside its answer's head";
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                failure = client.IsGone ? "the client went away" : client.IsLate ? "no answer in time" : error.Message;
            }

            client.Ask(null);
            pod.Socket.Abandon();
            if (pod.HasServed && !answer.HasHeard && !client.IsGone && !client.IsLate)
            {
                continue;
            }

            answer.Decide(client.IsLate ? 504 : 502, client.IsLate ? "RequestTimedOut" : answer.HasHead ? "ResponseHeaders" : "Request", failure);
            return false;
        }
    }

    /// <summary>Null when there is no connection.</summary>
    private static async ValueTask<KeptPod?> DialAsync(PlainClient client, HttpExchange exchange, EndpointEntry endpoint)
    {
        using var dialling = new CancellationTokenSource();
        client.Dial(dialling);
        client.Expect(exchange.Route!.Policy.ConnectTimeout);
        try
        {
            var socket = endpoint.Address is { } address
                ? await StreamSocket.ConnectAsync(client.Loop, address, dialling.Token)
                : await PodSocket.ConnectAsync(client.Loop, endpoint.Endpoint.Address, endpoint.Endpoint.Port, dialling.Token);
            if (!client.IsGone)
            {
                return new KeptPod(socket, endpoint.Target);
            }

            // It left when nothing could be broken off any more.
            socket.Abandon();
            return null;
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            await client.Loop.SwitchTo();
            exchange.Error = $"Request: {endpoint.Authority}: {(client.IsLate ? "no connection in time" : error.Message)}";
            return null;
        }
        finally
        {
            client.Dial(null);
        }
    }

    /// <summary>False when the pod has ended the connection before the end of a head.</summary>
    private static async ValueTask<bool> SendAndHearAsync(PlainClient client, PlainRequest request, PlainAnswer answer, KeptPod pod)
    {
        // What a connection before this one did not take must not be sent to this one.
        client.ToSend.Release();
        PlainHeads.WriteRequest(client.ToSend, request);
        await pod.Socket.WriteAsync(client.ToSend.Memory, CancellationToken.None);
        client.ToSend.Release();

        // No buffer is held while the pod thinks.
        await pod.Socket.UntilReadableAsync(CancellationToken.None);
        var informational = 0;
        while (true)
        {
            var read = await pod.Socket.ReadAsync(client.FromPod.GetMemory(), CancellationToken.None);
            if (read == 0)
            {
                return false;
            }

            answer.HasHeard = true;
            client.FromPod.Advance(read);
            while (TryReadHead(client.FromPod, out var head))
            {
                if (!head!.IsInformational)
                {
                    answer.Take(head);
                    return true;
                }

                if (++informational > MaxInformational)
                {
                    throw new PodProtocolException("too many interim answers");
                }
            }

            if (client.FromPod.Length >= PodHandshake.MaxHead)
            {
                throw new PodProtocolException($"answer head is larger than {PodHandshake.MaxHead} bytes");
            }
        }
    }

    private static bool TryReadHead(RentedBuffer bytes, out ResponseHead? head)
    {
        var error = ResponseHeadReader.TryReadLenient(bytes.Span, out head, out var consumed);
        if (error is not (HeadError.None or HeadError.Incomplete))
        {
            throw new PodProtocolException($"answer is no HTTP/1.1 ({error})");
        }

        bytes.Take(consumed);
        return error == HeadError.None;
    }
}
