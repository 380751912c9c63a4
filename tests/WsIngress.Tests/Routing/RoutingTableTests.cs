using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Routing;

public sealed class RoutingTableTests
{
    [Fact]
    public void The_revision_is_not_part_of_the_content()
    {
        Assert.Equal(RoutingTable.Empty.ContentHash, RoutingTable.Empty.WithRevision(7).ContentHash);
    }
}
