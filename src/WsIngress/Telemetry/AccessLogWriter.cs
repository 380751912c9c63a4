using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WsIngress.Telemetry;

/// <summary>
/// Lines of JSON to a stream, written by one task in as few calls as they fit into. Whoever logs only appends to a buffer; when that is
/// full because nobody reads the stream, lines are dropped and counted.
/// </summary>
internal sealed class AccessLogWriter : IAsyncDisposable
{
    /// <summary>About 20,000 lines.</summary>
    private const int MaxPending = 8 * 1024 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? t_json;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_line;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Task _writing;
    private ArrayBufferWriter<byte> _pending = new(64 * 1024);
    private ArrayBufferWriter<byte> _writtenOut = new(64 * 1024);
    private bool _awake;
    private volatile bool _closed;
    private long _dropped;

    public AccessLogWriter(Stream output) => _writing = Task.Run(() => WriteAsync(output));

    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Appends one line.</summary>
    public void Write(Action<Utf8JsonWriter> write)
    {
        var line = t_line ??= new(1024);
        var json = t_json ??= new(line, Options);
        line.ResetWrittenCount();
        json.Reset(line);
        write(json);
        json.Flush();
        line.Write("\n"u8);
        Append(line.WrittenSpan);
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        Wake();
        await _writing;
        _wake.Dispose();
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_closed || _pending.WrittenCount + line.Length > MaxPending)
            {
                _dropped++;
                return;
            }

            _pending.Write(line);
        }

        Wake();
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (!_awake)
            {
                _awake = true;
                _wake.Release();
            }
        }
    }

    private async Task WriteAsync(Stream output)
    {
        try
        {
            while (!_closed)
            {
                await _wake.WaitAsync();
                while (Take() is { WrittenCount: > 0 } lines)
                {
                    await output.WriteAsync(lines.WrittenMemory);
                    await output.FlushAsync();
                }
            }
        }
        catch (IOException)
        {
            // Nobody reads the log any more (closed pipe): the proxy goes on, and every further line is dropped.
            _closed = true;
        }
    }

    /// <summary>What has gathered; empty, and the next line wakes the writer again.</summary>
    private ArrayBufferWriter<byte> Take()
    {
        lock (_gate)
        {
            (_pending, _writtenOut) = (_writtenOut, _pending);
            _pending.ResetWrittenCount();
            _awake = _writtenOut.WrittenCount > 0;
            return _writtenOut;
        }
    }
}
