using System.Collections.Immutable;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace WsIngress.Client;

/// <summary>The messages to send: those of the command line, or else standard input by lines (text) or by blocks of up to 64 KiB (binary).</summary>
internal sealed class MessageInput(ImmutableArray<string> given, Stream standardInput, bool binary)
{
    private const int Block = 64 * 1024;

    public WebSocketMessageType Type => binary ? WebSocketMessageType.Binary : WebSocketMessageType.Text;

    /// <summary>The messages come from the command line: all of them are sent before the session may end.</summary>
    public bool IsGiven => given.Length > 0;

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) =>
        IsGiven ? GivenAsync() : binary ? BlocksAsync(cancellation) : LinesAsync(cancellation);

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> GivenAsync()
    {
        await Task.CompletedTask;
        foreach (var text in given)
        {
            yield return Encoding.UTF8.GetBytes(text);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(standardInput, Encoding.UTF8, leaveOpen: true);
        // A read of a terminal cannot be cancelled, only left alone.
        while (await reader.ReadLineAsync(cancellation).AsTask().WaitAsync(cancellation) is { } line)
        {
            yield return Encoding.UTF8.GetBytes(line);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> BlocksAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var block = new byte[Block];
        int read;
        while ((read = await standardInput.ReadAsync(block, cancellation).AsTask().WaitAsync(cancellation)) > 0)
        {
            yield return block.AsMemory(0, read);
        }
    }
}
