namespace WsIngress.Cli;

/// <summary>Options that cannot be used; each line names the source, the option, the value and what is allowed. Exit code 2.</summary>
internal sealed class UsageException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public UsageException(string error)
        : this([error])
    {
    }

    public IReadOnlyList<string> Errors { get; } = errors;
}
