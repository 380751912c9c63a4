using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>
/// What an operator hears of failures: each kind of them once, again after a long while, and when it is over. A missing right is told only
/// when it was missing twice in a row: in the first second after its start an API server refuses those who have theirs.
/// </summary>
internal sealed class Complaints(ReflectorTarget target, ReflectorOptions options, TimeProvider time, ILogger logger)
{
    private ReflectorTrouble? _trouble;
    private int? _logged;
    private long _loggedAt;

    public ValueTask FailedAsync(ApiException failed, string verb, IReflectorSink sink, CancellationToken cancellation)
    {
        var trouble = new ReflectorTrouble(failed.Code, Sentence(failed, verb));
        var isRepeated = _trouble?.Code == failed.Code;
        var isSame = _trouble == trouble;
        _trouble = trouble;
        if ((isRepeated || failed.Code is not (401 or 403)) && (_logged != failed.Code || time.GetElapsedTime(_loggedAt) >= options.Repeat))
        {
            (_logged, _loggedAt) = (failed.Code, time.GetTimestamp());
            logger.CannotFollow(target.ToString(), trouble.Text);
        }

        return isSame ? ValueTask.CompletedTask : sink.TroubledAsync(target, trouble, cancellation);
    }

    public ValueTask OverAsync(IReflectorSink sink, CancellationToken cancellation)
    {
        if (_logged is not null)
        {
            logger.FollowingAgain(target.ToString());
        }

        _logged = null;
        if (_trouble is null)
        {
            return ValueTask.CompletedTask;
        }

        _trouble = null;
        return sink.TroubledAsync(target, null, cancellation);
    }

    private string Sentence(ApiException failed, string verb) => failed.Code switch
    {
        401 => $"the API server does not accept the credentials: {failed.Message}",
        403 => $"the right is missing to {target.Right(verb)}: {failed.Message}",
        0 => failed.Message,
        _ => $"the API server answers {failed.Code}{(failed.Reason.Length == 0 ? "" : $" {failed.Reason}")}: {failed.Message}",
    };
}
