namespace WsIngress.ApiServer;

/// <summary>Namespace, label and field selectors of a LIST or WATCH together.</summary>
internal sealed class ObjectFilter(string ns, LabelSelector labels, FieldSelector fields)
{
    /// <summary>Whether a selector other than the namespace is set.</summary>
    public bool Selects => !labels.IsEmpty || !fields.IsEmpty;

    public bool Matches(StoredObject stored) =>
        (ns.Length == 0 || stored.Namespace == ns) && labels.Matches(stored) && fields.Matches(stored);
}
