using System.Collections.Immutable;
using WsIngress.Sources;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// The problems as they are told. While they stay the same their array does too: most changes of a large cluster change none, and whoever
/// works on them sees that at a glance. Used by one thread at a time.
/// </summary>
internal sealed class ToldProblems
{
    private ImmutableArray<Problem> _told = [];

    /// <summary>What those were made of; null where they have places.</summary>
    private (ImmutableArray<Problem> Translated, IReadOnlyList<Problem> OfSources)? _from;

    /// <summary>The result with the problems of the sources too, each with its place.</summary>
    public TranslationResult Locate(TranslationResult result, ProblemLocator locator, IReadOnlyList<Problem> ofSources)
    {
        // In a cluster nothing has a place, so equal problems are told equally.
        if (locator.IsEmpty && _from is { } from && (result.Problems == from.Translated || result.Problems.AsSpan().SequenceEqual(from.Translated.AsSpan())) && ofSources.SequenceEqual(from.OfSources))
        {
            return result with { Problems = _told };
        }

        var located = locator.Locate(result, ofSources);
        _told = located.Problems.AsSpan().SequenceEqual(_told.AsSpan()) ? _told : located.Problems;
        _from = locator.IsEmpty ? (result.Problems, ofSources) : null;
        return located with { Problems = _told };
    }
}
