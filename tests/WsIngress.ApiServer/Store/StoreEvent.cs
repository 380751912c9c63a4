namespace WsIngress.ApiServer;

/// <summary>One change of one object.</summary>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Version">The revision of the change.</param>
/// <param name="Current">The object after it; for DELETED the last state under the revision of the deletion.</param>
/// <param name="Previous">The object before it; none for ADDED.</param>
internal sealed record StoreEvent(string Type, long Version, StoredObject Current, StoredObject? Previous)
{
    public const string Added = "ADDED";
    public const string Modified = "MODIFIED";
    public const string Deleted = "DELETED";
}
