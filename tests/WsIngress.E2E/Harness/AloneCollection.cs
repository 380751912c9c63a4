using Xunit;

namespace WsIngress.E2E.Harness;

/// <summary>Tests that run when no other does: they measure milliseconds, or open as many sockets as a process may have.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
