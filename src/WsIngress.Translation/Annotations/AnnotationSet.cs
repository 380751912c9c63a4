namespace WsIngress.Translation.Annotations;

/// <summary>The values that one object sets, parsed, over those of the operator; and whether one of its guards could not be read.</summary>
/// <param name="owner">The object.</param>
/// <param name="defaults">Null for an object whose values come before those of another.</param>
internal sealed class AnnotationSet(ObjectReference owner, AnnotationDefaults? defaults = null)
{
    private readonly AnnotationDefaults _defaults = defaults ?? AnnotationDefaults.None;
    private object?[]? _values;

    public ObjectReference Owner { get; } = owner;

    /// <summary>Neither the object nor the operator says anything.</summary>
    public bool IsEmpty => _values is null && _defaults.Entries.IsEmpty;

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

    /// <summary>The object itself sets it.</summary>
    public bool Has(Annotation annotation) => _values?[annotation.Index] is not null;

    public T Get<T>(Annotation<T> annotation, T normal)
        where T : notnull => (_values?[annotation.Index] ?? _defaults.ValueOf(annotation)) is T value ? value : normal;

    public T? Find<T>(Annotation<T> annotation)
        where T : class => (_values?[annotation.Index] ?? _defaults.ValueOf(annotation)) as T;

    /// <summary>The operator sets it; what <see cref="Has"/> says comes before.</summary>
    public bool HasDefault(Annotation annotation) => _defaults.ValueOf(annotation) is not null;
}
