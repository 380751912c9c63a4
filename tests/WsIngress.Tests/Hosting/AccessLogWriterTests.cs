using System.Text;
using WsIngress.Telemetry;
using Xunit;

namespace WsIngress.Tests.Hosting;

public sealed class AccessLogWriterTests
{
    private const int Lines = 2000;

    [Fact]
    public async Task What_was_logged_before_the_end_is_written_in_order_and_nothing_twice()
    {
        using var output = new MemoryStream();
        var writer = new AccessLogWriter(output);
        for (var i = 0; i < Lines; i++)
        {
            var number = i;
            writer.Write(json => json.WriteNumberValue(number));
        }

        await writer.DisposeAsync();

        Assert.Equal(Enumerable.Range(0, Lines).Select(i => i.ToString()), Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, writer.Dropped);
    }

    [Fact]
    public async Task A_line_right_before_the_end_is_written_wherever_the_writer_is_at_that_moment()
    {
        for (var i = 0; i < Lines; i++)
        {
            using var output = new MemoryStream();
            var writer = new AccessLogWriter(output);
            Thread.SpinWait(i * 10);
            writer.Write(json => json.WriteNumberValue(1));
            await writer.DisposeAsync();
            Assert.Equal((2, 0), (output.Length, writer.Dropped));
        }
    }

    [Fact]
    public async Task A_line_after_the_end_is_counted_as_dropped()
    {
        using var output = new MemoryStream();
        var writer = new AccessLogWriter(output);
        await writer.DisposeAsync();

        writer.Write(json => json.WriteNumberValue(1));

        Assert.Equal(1, writer.Dropped);
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public async Task A_log_that_nobody_reads_any_more_costs_lines_and_nothing_else()
    {
        using var output = new BrokenPipe();
        var writer = new AccessLogWriter(output);
        writer.Write(json => json.WriteNumberValue(1));
        await output.Tried.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);

        await writer.DisposeAsync();
        writer.Write(json => json.WriteNumberValue(2));

        Assert.Equal(1, writer.Dropped);
    }

    private sealed class BrokenPipe : MemoryStream
    {
        private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Tried => _tried.Task;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _tried.TrySetResult();
            throw new IOException("Broken pipe");
        }
    }
}
