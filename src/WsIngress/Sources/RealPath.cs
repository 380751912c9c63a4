namespace WsIngress.Sources;

/// <summary>
/// Resolves every symbolic link of a path, as realpath(3) does. The base class library follows only the last component, and in a mounted
/// ConfigMap the link that is swapped (<c>..data</c>) is in the middle.
/// </summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>Null when the path leads nowhere or in a circle.</summary>
    public static string? Of(string path)
    {
        var todo = new Stack<string>();
        Push(todo, Path.GetFullPath(path));
        var real = "/";
        var links = 0;
        while (todo.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            var next = Path.Combine(real, part);
            if (!Path.Exists(next) && new FileInfo(next).LinkTarget is null)
            {
                return null;
            }

            if (new FileInfo(next).LinkTarget is { } target)
            {
                if (++links > MaxLinks)
                {
                    return null;
                }

                Push(todo, target);
                real = Path.IsPathRooted(target) ? "/" : real;
            }
            else
            {
                real = next;
            }
        }

        return real;
    }

    private static void Push(Stack<string> todo, string path)
    {
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (part != ".")
            {
                todo.Push(part);
            }
        }
    }
}
