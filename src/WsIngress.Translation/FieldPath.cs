namespace WsIngress.Translation;

/// <summary>A place in an Ingress; becomes text only when a problem needs it. A rule of -1 is <c>spec.defaultBackend</c>.</summary>
internal readonly record struct FieldPath(int Rule, int Path)
{
    public static readonly FieldPath DefaultBackend = new(-1, -1);

    public string Backend => Rule < 0 ? "spec.defaultBackend" : $"{this}.backend";

    public override string ToString() => Rule < 0 ? "spec.defaultBackend" : $"spec.rules[{Rule}].http.paths[{Path}]";
}
