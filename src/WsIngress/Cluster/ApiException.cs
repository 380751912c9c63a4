using k8s.Models;

namespace WsIngress.Cluster;

/// <summary>
/// A request that the API server refused, or that it could not answer. <see cref="Code"/> is the HTTP status or the code of a Status
/// inside a watch; 0 stands for no answer at all (refused connection, cut, timeout, TLS). Decisions go by the code, never by the reason; <see cref="IsMissingRight"/> is the one exception.
/// </summary>
internal sealed class ApiException(int code, string reason, string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;

    /// <summary>The Status's reason, such as <c>Expired</c>; empty when the answer had none.</summary>
    public string Reason { get; } = reason;

    /// <summary>How long the server asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>
    /// The authorizer refused, which holds for all requests of the kind. Admission answers with 403 and the same reason too, about one object
    /// and in words of its own, so that here the words decide.
    /// </summary>
    public bool IsMissingRight => Code == 403
        && Message.Contains(" cannot ", StringComparison.Ordinal)
        && Message.Contains(" resource \"", StringComparison.Ordinal)
        && !Message.StartsWith("admission webhook ", StringComparison.Ordinal);

    /// <summary>The whole Status, when the body was one.</summary>
    public V1Status? Status { get; init; }
}
