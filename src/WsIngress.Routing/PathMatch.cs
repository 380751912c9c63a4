namespace WsIngress.Routing;

/// <summary>The three ways a path is matched; ImplementationSpecific becomes Prefix unless a regex is asked for.</summary>
public enum PathMatchKind
{
    /// <summary>The whole path, case-sensitive.</summary>
    Exact,

    /// <summary>Element by element: <c>/foo</c> takes <c>/foo</c>, <c>/foo/</c> and <c>/foo/bar</c>, never <c>/foobar</c>.</summary>
    Prefix,

    /// <summary>A start-anchored .NET regex on the non-backtracking engine.</summary>
    Regex,
}

/// <summary>A path condition. <paramref name="Value"/> begins with <c>/</c>, except for a regex, which is kept as written.</summary>
public sealed record PathMatch(PathMatchKind Kind, string Value);
