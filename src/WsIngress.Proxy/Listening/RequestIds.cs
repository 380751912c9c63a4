using System.Security.Cryptography;

namespace WsIngress.Proxy.Listening;

/// <summary>Ids of requests and sockets: a random part per process and a count, unique over replicas and restarts, short enough to type.</summary>
internal sealed class RequestIds
{
    private readonly string _prefix = RandomNumberGenerator.GetHexString(6, lowercase: true);
    private long _last;

    public string Next() => $"{_prefix}-{Interlocked.Increment(ref _last):x}";
}
