namespace WsIngress.Manifests;

/// <summary>The API server's rules for names, which a folder has no server to enforce (RFC 1123 as Kubernetes reads it).</summary>
internal static class ObjectNames
{
    public const string SubdomainRule = "lower case letters, digits, '-' and '.', at most 253 characters, beginning and ending with a letter or digit";
    public const string LabelRule = "lower case letters, digits and '-', at most 63 characters, beginning and ending with a letter or digit";

    public static bool IsSubdomain(string name) => name.Length is > 0 and <= 253 && name.Split('.').All(IsPart);

    public static bool IsLabel(string name) => name.Length <= 63 && IsPart(name);

    private static bool IsPart(string part) =>
        part.Length > 0
        && part[0] != '-'
        && part[^1] != '-'
        && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
