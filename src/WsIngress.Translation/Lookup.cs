namespace WsIngress.Translation;

/// <summary>What the index is asked for.</summary>
internal enum LookupKind
{
    Service,
    Secret,
    Slices,
}

/// <summary>One question to the index by those who read for one Ingress. Its hash tells whether the answer may be another one now.</summary>
internal readonly record struct Lookup(LookupKind Kind, string Namespace, string Name)
{
    public int Hash => HashOf(Kind, (Namespace, Name));

    public static int HashOf(LookupKind kind, (string Namespace, string Name) key) => HashCode.Combine(kind, key.Namespace, key.Name);
}
