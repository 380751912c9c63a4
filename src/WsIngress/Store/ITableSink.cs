using WsIngress.Translation;

namespace WsIngress.Store;

/// <summary>Where translations go. Called by the sync loop alone, one at a time; must return soon.</summary>
internal interface ITableSink
{
    /// <summary>A table whose content differs from the last; its revision is the next number. It is to be live on return.</summary>
    void Publish(TranslationResult result);

    /// <summary>The table is the one that is live; reports or problems may differ.</summary>
    void Report(TranslationResult result)
    {
    }
}
