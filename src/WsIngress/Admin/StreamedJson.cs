using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WsIngress.Admin;

/// <summary>
/// An answer with a long list in it, written while it is made: however many entries there are, some 32 KiB of them are held at once, and no more are made
/// than the reader takes.
/// </summary>
internal static class StreamedJson
{
    private const int Chunk = 32 * 1024;

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="output">Flushed again and again; completed by its owner.</param>
    /// <param name="head">Writes members of the root object ahead of the list.</param>
    /// <param name="name">Of the list.</param>
    /// <param name="items">Walked once.</param>
    /// <param name="write">Writes one.</param>
    /// <param name="cancellation">The reader left.</param>
    public static async Task WriteAsync<T>(PipeWriter output, Action<Utf8JsonWriter> head, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, CancellationToken cancellation)
    {
        try
        {
            await WriteAllAsync(output, head, name, items, write, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Nobody waits for the rest.
        }
    }

    private static async Task WriteAllAsync<T>(PipeWriter output, Action<Utf8JsonWriter> head, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, CancellationToken cancellation)
    {
        await using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        head(json);
        json.WriteStartArray(name);
        var flushedUpTo = 0L;
        foreach (var item in items)
        {
            write(json, item);
            if (json.BytesCommitted + json.BytesPending - flushedUpTo >= Chunk)
            {
                json.Flush();
                flushedUpTo = json.BytesCommitted;
                var flushed = await output.FlushAsync(cancellation);
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    return;
                }
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
        await output.FlushAsync(cancellation);
    }

    private static void Write(this PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }
}
