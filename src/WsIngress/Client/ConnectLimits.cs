namespace WsIngress.Client;

/// <summary>When a session ends by itself: after <paramref name="Count"/> messages (null: as many as were sent), never when <paramref name="Hold"/>, or after <paramref name="Timeout"/> without an awaited one. A message above <paramref name="LargestMessage"/> bytes ends it with Close 1009.</summary>
internal sealed record ConnectLimits(int? Count, bool Hold, TimeSpan Timeout, int LargestMessage);
