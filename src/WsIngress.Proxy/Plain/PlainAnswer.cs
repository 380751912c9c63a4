using System.Globalization;
using WsIngress.Proxy.Handshake;
using WsIngress.Proxy.Http;

namespace WsIngress.Proxy.Plain;

/// <summary>
/// The answer to one plain request: the pod's head, then its body as it comes, or a refusal of our own. What has come is sent before more is waited for,
/// so that events arrive one by one; what the client does not take is not read from the pod.
/// </summary>
/// <param name="client">Gets it.</param>
/// <param name="request">Asked for it.</param>
/// <param name="isLast">The connection ends behind it, which its head says.</param>
/// <param name="date">For a head without one.</param>
internal sealed class PlainAnswer(PlainClient client, PlainRequest request, bool isLast, DateLine date)
{
    /// <summary>Bytes of a body that are collected before they are sent.</summary>
    private const int SendSize = 16 * 1024;

    private KeptPod? _pod;
    private PodPool? _pool;
    private ResponseHead? _head;
    private BodyFraming _framing;
    private long _left;
    private ChunkReader _chunks = new(isLenient: true);
    private (int Status, string Text)? _refusal;
    private bool _hasBegun;
    private bool _mayFollow;

    /// <summary>For the log: of the answer as it was begun, or 499 when the client went before.</summary>
    public int Status { get; private set; }

    /// <summary>What the head says of the body's length; -1: nothing.</summary>
    public long Length { get; private set; } = -1;

    /// <summary>The client has all of it.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The pod has said something.</summary>
    public bool HasHeard { get; set; }

    /// <summary>The pod's head has come, whether it can be passed on or not.</summary>
    public bool HasHead => _head is not null;

    public string? AffinityCookie { get; set; }

    /// <summary>The pod that was asked may have seen the request: no other is asked.</summary>
    public bool IsDecided => _refusal is not null;

    /// <summary>The pod's final head.</summary>
    /// <exception cref="PodProtocolException">It cannot be passed on.</exception>
    public void Take(ResponseHead head)
    {
        _head = head;
        if (head.Status == 101)
        {
            throw new PodProtocolException("switched protocols without being asked to");
        }

        if (!BodyFraming.TryRead(head, out _framing))
        {
            throw new PodProtocolException("answer's Content-Length or Transfer-Encoding is malformed or ambiguous");
        }

        Length = LengthOf(head);

        // A pod that sends a body where none may be would be heard in place of its next answer.
        var (coding, length) = (head.Headers.Contains("Transfer-Encoding"), head.Headers.Get("Content-Length"));
        _mayFollow = (coding && length is not null)
            || (head.Status == 205 && length != "0")
            || ((coding || (length is not (null or "0") && head.Status != 304)) && (request.IsHead || _framing.End == BodyEnd.None));
        if (request.IsHead)
        {
            _framing = default;
        }

        _left = _framing.Length;
    }

    public void From(KeptPod pod, PodPool pool) => (_pod, _pool) = (pod, pool);

    /// <summary>The pod's failure, as the client will hear of it.</summary>
    public void Decide(int status, string error, string cause)
    {
        request.Exchange.Error = $"{error}: {cause}";
        _refusal = (status, "the pod did not answer the request");
    }

    /// <summary>Sends what was decided; nothing to a client that is gone.</summary>
    public ValueTask RefuseAsync()
    {
        var (status, text) = _refusal ?? (502, "no pod accepted the connection");
        return RefuseAsync(status, text);
    }

    /// <param name="status">Of the answer.</param>
    /// <param name="text">The cause.</param>
    /// <param name="retryAfter">Seconds after which the client may try again, or null.</param>
    public async ValueTask RefuseAsync(int status, string text, int? retryAfter = null)
    {
        if (_hasBegun)
        {
            return;
        }

        Status = client.IsGone ? 499 : status;
        Length = -1;
        if (client.IsGone)
        {
            return;
        }

        client.ToSend.Release();
        var headers = new HeaderList(2);
        if (isLast)
        {
            headers.Add("Connection", "close");
        }

        if (retryAfter is { } seconds)
        {
            headers.Add("Retry-After", seconds.ToString(CultureInfo.InvariantCulture));
        }

        Length = AnswerBytes.TextBytes(status, text).Length;
        AnswerBytes.TryWriteRefusal(client.ToSend, status, headers, text, date, isHead: request.IsHead);
        client.BeginAnswering();
        IsWhole = await TrySendAsync();
    }

    /// <summary>Passes on the head and the body.</summary>
    public async ValueTask PassOnAsync()
    {
        Status = _head!.Status;
        PlainHeads.WriteAnswer(client.ToSend, _head, _framing, Length, AffinityCookie, isLast, date);
        _hasBegun = true;
        client.BeginAnswering();
        try
        {
            while (await StepAsync())
            {
            }
        }
        catch (PodBodyException error)
        {
            Fail("ResponseBodyDestination", error.Message);
        }
    }

    /// <summary>Takes what is in hand, and sends it; or reads. False at the end of the answer, good or bad.</summary>
    private async ValueTask<bool> StepAsync()
    {
        var needsMore = !TakeInHand();
        var isEnd = IsAtEnd();
        if (client.ToSend.Length > 0 && (isEnd || needsMore || client.ToSend.Length >= SendSize) && !await TrySendAsync())
        {
            return false;
        }

        if (isEnd)
        {
            IsWhole = true;
            Return();
            return false;
        }

        return !needsMore || await TryReadAsync();
    }

    private bool IsAtEnd() => _framing.End switch
    {
        BodyEnd.None => true,
        BodyEnd.Length => _left == 0,
        BodyEnd.Chunks => _chunks.IsDone,
        _ => _pod is null,
    };

    /// <summary>Moves bytes of the body from the pod's buffer to the client's, up to what is sent at once. False when it needs more from the pod.</summary>
    private bool TakeInHand()
    {
        var (from, to) = (client.FromPod, client.ToSend);
        while (from.Length > 0 && to.Length < SendSize)
        {
            switch (_framing.End)
            {
                case BodyEnd.Length:
                    var part = (int)Math.Min(from.Length, _left);
                    to.Add(from.Span[..part]);
                    from.Take(part);
                    _left -= part;
                    if (_left == 0)
                    {
                        return true;
                    }

                    break;

                case BodyEnd.Chunks:
                    var used = _chunks.Read(from.Span, out var data);
                    AnswerBytes.WriteChunk(to, data);
                    from.Take(used);
                    if (_chunks.IsDone)
                    {
                        to.Add(AnswerBytes.LastChunk);
                        return true;
                    }

                    if (used == 0)
                    {
                        return false;
                    }

                    break;

                case BodyEnd.Close:
                    AnswerBytes.WriteChunk(to, from.Span);
                    from.Take(from.Length);
                    break;

                default:
                    return true;
            }
        }

        return from.Length > 0;
    }

    private async ValueTask<bool> TryReadAsync()
    {
        try
        {
            client.Expect(request.Exchange.Route!.Policy.RequestTimeout);
            if (client.FromPod.Length == 0)
            {
                client.FromPod.Release();
                client.ToSend.Release();
                await _pod!.Socket.UntilReadableAsync(CancellationToken.None);
            }

            var read = await _pod!.Socket.ReadAsync(client.FromPod.GetMemory(SendSize), CancellationToken.None);
            client.FromPod.Advance(read);
            if (read > 0)
            {
                return true;
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            Fail(client.IsGone ? "ResponseBodyClient" : client.IsLate ? "RequestTimedOut" : "ResponseBodyDestination", Words(error));
            return false;
        }

        if (_framing.End == BodyEnd.Close)
        {
            // The whole body: there is nobody left to read from.
            client.ToSend.Add(AnswerBytes.LastChunk);
            _pod.Socket.Abandon();
            client.Ask(null);
            _pod = null;
            return true;
        }

        Fail("ResponseBodyDestination", "the pod's body ended early");
        return false;
    }

    private async ValueTask<bool> TrySendAsync()
    {
        try
        {
            client.Expect(request.Exchange.Route!.Policy.RequestTimeout);
            await client.Socket.WriteAsync(client.ToSend.Memory, CancellationToken.None);
            client.ToSend.Take(client.ToSend.Length);
            return true;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            Fail(client.IsLate ? "RequestTimedOut" : "ResponseBodyClient", Words(error));
            return false;
        }
    }

    /// <summary>The answer stays in part: the client's connection ends, for half of it must not look like all of it.</summary>
    private void Fail(string error, string cause)
    {
        request.Exchange.Error = $"{error}: {cause}";
        _pod?.Socket.Abandon();
    }

    /// <summary>The pod's connection serves the next request, if it says nothing to the contrary and nothing is left over.</summary>
    private void Return()
    {
        if (_pod is not { } pod)
        {
            return;
        }

        client.Ask(null);
        if (client.FromPod.Length == 0 && _head!.MayPersist && !_mayFollow && !client.IsGone)
        {
            _pool!.Give(pod);
        }
        else
        {
            pod.Socket.Abandon();
        }
    }

    private string Words(Exception error) => client.IsGone ? "the client went away" : client.IsLate ? "nothing moved in time" : error.Message;

    private long LengthOf(ResponseHead head)
    {
        if (_framing.End == BodyEnd.Length)
        {
            return _framing.Length;
        }

        // Two statuses without a body whose heads may still tell a length: what a GET would have got, and none (RFC 9110 §8.6, §15.3.6).
        return head.Status == 205 ? 0
            : head.Status == 304 && long.TryParse(head.Headers.Get("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
            : -1;
    }
}
