namespace WsIngress.Cluster;

/// <summary>A Secret that is being asked for by name, and what happened meanwhile.</summary>
/// <param name="generation">Of the references, when it was asked.</param>
internal sealed class SecretQuestion(long generation)
{
    public Task Task { get; set; } = Task.CompletedTask;

    public long Generation { get; private set; } = generation;

    /// <summary>Version of what else was told of the Secret since the question.</summary>
    public ulong Newest { get; set; }

    /// <summary>The server has gone back behind the question, or something that came after it was passed over: the answer decides nothing.</summary>
    public bool IsVoid { get; set; }

    /// <summary>The same question anew: its answer will be at least as new as all that was told so far.</summary>
    public void Repeat(long generation) => (Generation, Newest, IsVoid) = (generation, 0, false);
}
