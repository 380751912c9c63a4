namespace WsIngress.Cluster.Election;

/// <summary>What is to be done at the end of the process if no other replica has taken over.</summary>
/// <param name="Work">Done as leader, with the Lease taken once more.</param>
/// <param name="Deadline">Cancelled when it is too late, or when there is no such work.</param>
internal sealed record LastWork(Func<Leadership, Task> Work, CancellationToken Deadline);
