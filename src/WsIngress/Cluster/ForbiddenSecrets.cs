using System.Collections.Immutable;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Cluster;

/// <summary>
/// Where the right to Secrets is missing, and what that takes away. A target of which nothing is referenced counts as empty, so that a controller
/// without TLS needs no such right; each Secret that is referenced there and not known is a problem by its name. Not thread-safe.
/// </summary>
/// <param name="all">The Secrets of the targets.</param>
/// <param name="referenced">Which are wanted.</param>
/// <param name="isHeld">Known from a time at which there was the right.</param>
internal sealed class ForbiddenSecrets(KindSource all, ReferencedSecrets referenced, Func<ObjectKey, bool> isHeld)
{
    private const string Allowed = "the right to list and watch secrets where Ingresses name them";

    private readonly Dictionary<ReflectorTarget, string> _why = [];
    private readonly HashSet<ReflectorTarget> _empty = [];

    public void Clear()
    {
        _why.Clear();
        _empty.Clear();
    }

    /// <param name="target">What cannot be read.</param>
    /// <param name="why">The missing right, in words.</param>
    public void Add(ReflectorTarget target, string why) => _why[target] = why;

    /// <summary>It can be read.</summary>
    public void Remove(ReflectorTarget target)
    {
        if (_why.Remove(target))
        {
            _empty.Remove(target);
            all.SetDispensable(target, false);
        }
    }

    /// <summary>To be called when rights or references have changed.</summary>
    /// <param name="isListed">The target has been read before; its Secrets are known.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async ValueTask ReviewAsync(Func<ReflectorTarget, bool> isListed, CancellationToken cancellation)
    {
        var missing = ImmutableArray.CreateBuilder<Problem>();
        foreach (var (target, why) in _why)
        {
            var needed = Needed(target);
            if (!isListed(target))
            {
                all.SetDispensable(target, needed.Length == 0);
                if (needed.Length == 0 && _empty.Add(target))
                {
                    await all.ListedAsync(target, new([], ""), isRestored: false, cancellation).ConfigureAwait(false);
                }
            }

            missing.AddRange(needed.Select(key => Missing(key, why)));
        }

        await all.MissAsync(missing.DrainToImmutable(), cancellation).ConfigureAwait(false);
    }

    /// <summary>Referenced, of the target, and not known.</summary>
    public ObjectKey[] Needed(ReflectorTarget target) => [.. referenced.NamedSince(-1).Where(key => target.Covers(key) && !isHeld(key)).Order()];

    private static Problem Missing(ObjectKey key, string why) =>
        new(new("Secret", key.Namespace, key.Name), ProblemReason.SecretForbidden, "metadata.name", key.Name, Allowed, $"the Secret cannot be read, be it there or not: {why}");
}
