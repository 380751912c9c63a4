namespace WsIngress.Translation;

/// <summary>Turns a snapshot into a routing table, reports and problems. Pure: no clock, no I/O, no log; equal input gives equal output.</summary>
public static class Translator
{
    public static TranslationResult Translate(ClusterSnapshot snapshot, TranslationOptions options) => throw new NotImplementedException();
}
