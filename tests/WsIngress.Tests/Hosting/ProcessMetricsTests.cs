using WsIngress.Telemetry;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class ProcessMetricsTests
{
    [Theory]
    [InlineData("Max open files            20000                524288               files     ", 20000.0)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max open files", null)]
    [InlineData("Max processes             95995                95995                processes ", null)]
    public void The_soft_limit_is_read_from_the_line_of_open_files(string line, double? expected) =>
        Assert.Equal(expected, ProcessMetrics.SoftLimit(["Limit                     Soft Limit           Hard Limit           Units     ", line]));
}
