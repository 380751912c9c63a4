namespace WsIngress.Translation.Annotations;

/// <summary>The values about pods from both places; the Service's win.</summary>
internal readonly struct PodAnnotations(AnnotationSet ingress, AnnotationSet service)
{
    public T Get<T>(Annotation<T> annotation, T normal)
        where T : notnull => service.Get(annotation, ingress.Get(annotation, normal));

    public T? Find<T>(Annotation<T> annotation)
        where T : class => service.Find(annotation) ?? ingress.Find(annotation);

    /// <summary>Whose value is in force; null when neither sets one.</summary>
    public ObjectReference? Owner(Annotation annotation) =>
        service.Has(annotation) ? service.Owner : ingress.Has(annotation) ? ingress.Owner : null;
}
