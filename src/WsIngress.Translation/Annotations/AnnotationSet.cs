namespace WsIngress.Translation.Annotations;

/// <summary>The values that one object sets, parsed; and whether one of its guards could not be read.</summary>
internal sealed class AnnotationSet(ObjectReference owner)
{
    private object?[]? _values;

    public ObjectReference Owner { get; } = owner;

    public bool IsEmpty => _values is null;

    /// <summary>The guard of the lowest index that could not be read; null when all could.</summary>
    public Annotation? BrokenGuard { get; private set; }

    public void Set(Annotation annotation, object value)
    {
        _values ??= new object?[AnnotationCatalogue.All.Length];
        _values[annotation.Index] = value;
    }

    public void Break(Annotation guard)
    {
        if (BrokenGuard is null || guard.Index < BrokenGuard.Index)
        {
            BrokenGuard = guard;
        }
    }

    public bool Has(Annotation annotation) => _values?[annotation.Index] is not null;

    public T Get<T>(Annotation<T> annotation, T normal)
        where T : notnull => _values?[annotation.Index] is T value ? value : normal;

    public T? Find<T>(Annotation<T> annotation)
        where T : class => _values?[annotation.Index] as T;
}
