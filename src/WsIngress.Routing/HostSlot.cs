namespace WsIngress.Routing;

/// <summary>A host's index and where its routes begin in the table. The index may be the one of the table before.</summary>
internal readonly record struct HostSlot(HostIndex Index, int FirstOrdinal);
