namespace WsIngress.Translation;

/// <summary>By namespace, then name, ordinal: the order of every list of a snapshot and of the reports.</summary>
internal sealed class NameOrder : IComparer<(string Namespace, string Name)>
{
    public static readonly NameOrder Instance = new();

    public int Compare((string Namespace, string Name) x, (string Namespace, string Name) y)
    {
        var order = string.CompareOrdinal(x.Namespace, y.Namespace);
        return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
    }
}
