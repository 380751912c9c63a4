namespace WsIngress.Client;

/// <summary>When a session ends by itself: after <paramref name="Count"/> messages (null: as many as were sent), never when <paramref name="Hold"/>, or after <paramref name="Timeout"/> without an awaited one.</summary>
internal sealed record ConnectLimits(int? Count, bool Hold, TimeSpan Timeout);
