namespace WsIngress.Translation.Annotations;

/// <summary>The values that one object sets, parsed, over those of the operator; and whether one of its guards could not be read.</summary>
/// <param name="owner">The object.</param>
/// <param name="defaults">Null for an object whose values come before those of another.</param>
internal sealed class AnnotationSet(ObjectReference owner, AnnotationDefaults? defaults = null)
{
    private readonly AnnotationDefaults _defaults = defaults ?? AnnotationDefaults.None;
    private object?[]? _values;
    private string?[]? _names;
    private HashSet<Annotation>? _refused;

    public ObjectReference Owner { get; } = owner;

    /// <summary>Neither the object nor the operator says anything.</summary>
    public bool IsEmpty => _values is null && _defaults.Entries.IsEmpty;

    /// <summary>The guard of the lowest index that could not be read; null when all could.</summary>
    public Annotation? BrokenGuard { get; private set; }

    /// <param name="annotation">Whose value it is.</param>
    /// <param name="value">Parsed.</param>
    /// <param name="name">Full name of the annotation that stood on the object, where that is another controller's; null: our own.</param>
    public void Set(Annotation annotation, object value, string? name = null)
    {
        _values ??= new object?[AnnotationCatalogue.All.Length];
        _values[annotation.Index] = value;
        if (name is not null)
        {
            _names ??= new string?[AnnotationCatalogue.All.Length];
            _names[annotation.Index] = name;
        }
    }

    /// <summary>Parsed; null when the object does not set it.</summary>
    public object? ValueOf(Annotation annotation) => _values?[annotation.Index];

    /// <summary>Of the annotation that set it, by its full name.</summary>
    public string NameOf(Annotation annotation) => _names?[annotation.Index] ?? annotation.Name;

    /// <summary>The object has it, with a value that cannot be used.</summary>
    public void Refuse(Annotation annotation) => (_refused ??= []).Add(annotation);

    public bool HasRefused(Annotation annotation) => _refused?.Contains(annotation) == true;

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
}
