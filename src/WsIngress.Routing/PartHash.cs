namespace WsIngress.Routing;

/// <summary>The SHA-256 of one part of a table, filled in when it is first asked for. No part of its owner's identity: all are equal.</summary>
internal sealed class PartHash : IEquatable<PartHash>
{
    private byte[]? _value;

    public byte[] GetOrAdd<T>(T part, Func<T, byte[]> compute) => _value ??= compute(part);

    public bool Equals(PartHash? other) => other is not null;

    public override bool Equals(object? obj) => obj is PartHash;

    public override int GetHashCode() => 0;
}
