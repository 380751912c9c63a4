using System.Text;
using System.Text.Json.Nodes;

namespace WsIngress.Tests.ApiServer;

/// <summary>The lines of one open watch.</summary>
internal sealed class WatchStream(HttpResponseMessage response, Stream stream) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly StreamReader _lines = new(stream, Encoding.UTF8);

    public int Status => (int)response.StatusCode;

    public bool Chunked => response.Headers.TransferEncodingChunked == true;

    /// <summary>The next line as it is; null at a complete end.</summary>
    public Task<string?> LineAsync() => _lines.ReadLineAsync().WaitAsync(Patience);

    public async Task<WatchEvent> NextAsync()
    {
        var line = await LineAsync() ?? throw new InvalidOperationException("The watch has ended.");
        var json = JsonNode.Parse(line)!;
        return new WatchEvent((string)json["type"]!, json["object"]!.AsObject());
    }

    /// <summary>Everything until the end.</summary>
    public async Task<string> RestAsync() => await _lines.ReadToEndAsync().WaitAsync(Patience);

    /// <summary>Everything until the connection breaks.</summary>
    /// <exception cref="InvalidOperationException">It ended as a complete response.</exception>
    public async Task<string> UntilBreakAsync()
    {
        var text = new StringBuilder();
        var part = new char[1024];
        try
        {
            for (int read; (read = await _lines.ReadAsync(part.AsMemory()).AsTask().WaitAsync(Patience)) > 0;)
            {
                text.Append(part, 0, read);
            }
        }
        catch (IOException)
        {
            return text.ToString();
        }

        throw new InvalidOperationException($"The watch ended cleanly after '{text}'.");
    }

    public void Dispose()
    {
        _lines.Dispose();
        response.Dispose();
    }
}

/// <summary>One event of a watch.</summary>
internal sealed record WatchEvent(string Type, JsonObject Json)
{
    public string Name => (string)Json["metadata"]!["name"]!;

    public string Version => (string)Json["metadata"]!["resourceVersion"]!;

    public override string ToString() => $"{Type} {Json["metadata"]?["name"]}";
}
