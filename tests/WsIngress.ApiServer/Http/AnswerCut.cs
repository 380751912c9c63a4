namespace WsIngress.ApiServer;

/// <summary>Leaves a response unfinished: Kestrel sends what was written, then closes without an end. An abort would drop what was written.</summary>
internal sealed class AnswerCut : Exception;
