namespace WsIngress.Transport.Native;

/// <summary>
/// The number of the descriptor that some loop got last. The kernel gives the lowest that is free, so the number tells without a call how many are in
/// use: all below it were, a moment ago.
/// </summary>
internal static class RecentDescriptor
{
    private const long FreshMilliseconds = 100;

    private static int _number = -1;
    private static long _at;

    /// <summary>Null when none was got for a tenth of a second.</summary>
    public static int? Number => Environment.TickCount64 - Volatile.Read(ref _at) <= FreshMilliseconds && Volatile.Read(ref _number) is >= 0 and var number ? number : null;

    /// <summary>Notes what a call answered that makes a descriptor.</summary>
    public static int Note(int result)
    {
        if (result >= 0)
        {
            Volatile.Write(ref _number, result);
            Volatile.Write(ref _at, Environment.TickCount64);
        }

        return result;
    }
}
