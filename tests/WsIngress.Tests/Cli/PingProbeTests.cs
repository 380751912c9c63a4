using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Client;
using Xunit;

namespace WsIngress.Tests.Cli;

public sealed class PingProbeTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _toServer = new();
    private Pipe _toClient = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task What_the_server_says_around_the_pong_is_read_afterwards_however_it_is_cut(int cut)
    {
        var probe = new PingProbe(Duplex(), _time);
        var measuring = probe.MeasureAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        var nonce = await ReadPingAsync();
        _time.Advance(TimeSpan.FromMilliseconds(40));
        byte[] before = [0x81, 2, (byte)'h', (byte)'i', 0x82, 126, 0, 200, .. new byte[200], 0x8A, 1, 9];
        byte[] after = [0x81, 1, (byte)'!'];
        byte[] all = [.. before, 0x8A, 8, .. nonce, .. after];
        foreach (var piece in all.Chunk(cut))
        {
            await _toClient.Writer.WriteAsync(piece);
            await Task.Yield();
        }

        await _toClient.Writer.CompleteAsync();

        Assert.Equal(TimeSpan.FromMilliseconds(40), await measuring);
        byte[] rest = [.. before, .. after];
        Assert.Equal(rest, await ReadToEndAsync(probe.Rest));
    }

    [Fact]
    public async Task A_read_that_outlives_the_patience_is_not_lost()
    {
        // A write ends only when its bytes were taken: by the read that was left pending.
        _toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var probe = new PingProbe(Duplex(), _time);
        var measuring = probe.MeasureAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await ReadPingAsync();
        while (!measuring.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var rest = probe.Rest;
        await _toClient.Writer.WriteAsync(new byte[] { 1, 2, 3 });
        await _toClient.Writer.CompleteAsync();

        Assert.Null(await measuring);
        Assert.Equal([1, 2, 3], await ReadToEndAsync(rest));
    }

    [Fact]
    public async Task A_server_that_hangs_up_gives_no_round_trip()
    {
        var probe = new PingProbe(Duplex(), _time);
        var measuring = probe.MeasureAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        await _toClient.Writer.CompleteAsync();

        Assert.Null(await measuring);
        Assert.Empty(await ReadToEndAsync(probe.Rest));
    }

    private DuplexStream Duplex() => new(_toClient.Reader.AsStream(), _toServer.Writer.AsStream());

    /// <summary>The nonce of a well-formed masked Ping.</summary>
    private async Task<byte[]> ReadPingAsync()
    {
        var frame = new byte[14];
        await _toServer.Reader.AsStream().ReadExactlyAsync(frame);
        Assert.Equal((0x89, 0x88), (frame[0], frame[1]));
        return [.. frame[6..].Select((b, i) => (byte)(b ^ frame[2 + (i % 4)]))];
    }

    private static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private sealed class DuplexStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
