using Xunit;

namespace WsIngress.Tests.Relay;

/// <summary>Tests that count the whole process's allocations: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(RelayAllocations), DisableParallelization = true)]
public sealed class RelayAllocations;
