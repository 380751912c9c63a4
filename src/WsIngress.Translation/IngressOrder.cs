using k8s.Models;

namespace WsIngress.Translation;

/// <summary>Who wins: the oldest <c>creationTimestamp</c>, then namespace, then name. An object without a timestamp, from a file, is younger than any with one.</summary>
internal sealed class IngressOrder : IComparer<V1Ingress>
{
    public static readonly IngressOrder Instance = new();

    public int Compare(V1Ingress? x, V1Ingress? y)
    {
        var order = Age(x).CompareTo(Age(y));
        if (order == 0)
        {
            order = string.CompareOrdinal(x?.Metadata?.NamespaceProperty, y?.Metadata?.NamespaceProperty);
        }

        return order != 0 ? order : string.CompareOrdinal(x?.Metadata?.Name, y?.Metadata?.Name);
    }

    private static DateTime Age(V1Ingress? ingress) => ingress?.Metadata?.CreationTimestamp switch
    {
        null => DateTime.MaxValue,
        { Kind: DateTimeKind.Local } local => local.ToUniversalTime(),
        { } time => time,
    };
}
