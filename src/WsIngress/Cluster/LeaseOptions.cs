namespace WsIngress.Cluster;

/// <summary>Leader election by a Lease (coordination.k8s.io). The defaults are those of Kubernetes' own controllers.</summary>
internal sealed record LeaseOptions
{
    /// <summary>False: this process is always the leader and reads no Lease.</summary>
    public bool Enabled { get; init; } = true;

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Unique among the candidates: the pod's name.</summary>
    public required string Identity { get; init; }

    /// <summary>Others may take the Lease this long after its last renewal.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for this long stops leading; below <see cref="Duration"/>.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two tries; below <see cref="RenewDeadline"/>.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What is wrong with the three times, as a sentence; null when nothing is. With wrong ones two could lead at once.</summary>
    public string? Fault =>
        RetryPeriod < TimeSpan.FromMilliseconds(100) ? "the retry period must be at least 100 ms"
        : RenewDeadline <= RetryPeriod * 1.2 ? "the renew deadline must be longer than the retry period by a fifth"
        : Duration <= RenewDeadline ? "the lease duration must be longer than the renew deadline"
        : null;
}
