using System.Net;
using System.Text;
using System.Threading.Channels;

namespace WsIngress.Tests.Proxy;

/// <summary>A request body that a test writes piece by piece while it reads the answer.</summary>
internal sealed class UploadContent : HttpContent
{
    private readonly Channel<byte[]> _pieces = Channel.CreateUnbounded<byte[]>();

    public ValueTask WriteAsync(string text) => _pieces.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));

    public void Complete() => _pieces.Writer.Complete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (var piece in _pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(piece);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
