using System.Collections.Immutable;
using WsIngress.Routing;
using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>
/// Where translations go, and past them the endpoints of single backends. Tables come one at a time; endpoints come from another thread
/// and may be newer than the table that is just being published: the version of the store tells which is the newer.
/// </summary>
internal interface ITableSink
{
    /// <summary>A table whose content differs from the last; its revision is the next number. It is to be live on return.</summary>
    void Publish(TranslationResult result, long asOf);

    /// <summary>The table is the one that is live, endpoints included; reports or problems may differ.</summary>
    void Report(TranslationResult result, long asOf)
    {
    }

    /// <summary>These are the endpoints of a backend now. A backend that is not live is none of anybody's business.</summary>
    void SetEndpoints(string backendKey, ImmutableArray<Endpoint> endpoints, long asOf)
    {
    }
}
