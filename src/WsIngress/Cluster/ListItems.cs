using System.Buffers;
using System.Text.Json;

namespace WsIngress.Cluster;

/// <summary>
/// The items of a list, one by one as their bytes come, so that a page needs no more memory than its largest item. Not thread-safe.
/// </summary>
/// <param name="item">Takes the bytes of each item; they are valid only during the call.</param>
/// <param name="largest">Most bytes of one item.</param>
internal sealed class ListItems(ReadOnlySpanAction<byte, int> item, int largest) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private int _count;
    private JsonReaderState _json;
    private Place _place = Place.Start;

    private enum Place
    {
        Start,
        Members,
        Items,
        Done,
    }

    /// <summary>Of the list; empty where it does not say.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Token for the next page; empty on the last.</summary>
    public string Continue { get; private set; } = "";

    /// <summary>Reads to the end.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="heard">Called whenever bytes came.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="JsonException">The answer is no list.</exception>
    /// <exception cref="IOException">It broke off, or an item is larger than the bound.</exception>
    public async Task ReadAsync(Stream body, Action heard, CancellationToken cancellation)
    {
        while (true)
        {
            MakeRoom();
            var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            heard();
            _end += read;
            Parse();
        }

        if (_place != Place.Done)
        {
            throw new IOException("the list broke off");
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Parse()
    {
        if (_place == Place.Done)
        {
            _start = _end;
            return;
        }

        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), isFinalBlock: false, _json);
        while (_place != Place.Done && Step(ref reader))
        {
        }

        _json = reader.CurrentState;
        _start += (int)reader.BytesConsumed;
    }

    /// <summary>One member or item, or nothing: false leaves the reader where it was, until more bytes are there.</summary>
    private bool Step(ref Utf8JsonReader reader)
    {
        var attempt = reader;
        if (!attempt.Read())
        {
            return false;
        }

        switch (_place)
        {
            case Place.Start:
                _place = attempt.TokenType == JsonTokenType.StartObject ? Place.Members : throw new JsonException("the answer is no object");
                break;
            case Place.Members when attempt.TokenType == JsonTokenType.EndObject:
                _place = Place.Done;
                break;
            case Place.Members:
                if (!Member(ref attempt))
                {
                    return false;
                }

                break;
            case Place.Items when attempt.TokenType == JsonTokenType.EndArray:
                _place = Place.Members;
                break;
            default:
                var from = (int)attempt.TokenStartIndex;
                if (!attempt.TrySkip())
                {
                    return false;
                }

                item(_buffer.AsSpan(_start + from, (int)attempt.BytesConsumed - from), _count++);
                break;
        }

        reader = attempt;
        return true;
    }

    private bool Member(ref Utf8JsonReader attempt)
    {
        var isItems = attempt.ValueTextEquals("items"u8);
        var isMetadata = attempt.ValueTextEquals("metadata"u8);
        if (!attempt.Read())
        {
            return false;
        }

        if (isItems && attempt.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Items;
            return true;
        }

        var from = (int)attempt.TokenStartIndex;
        if (!attempt.TrySkip())
        {
            return false;
        }

        if (isMetadata)
        {
            using var metadata = JsonDocument.Parse(_buffer.AsMemory(_start + from, (int)attempt.BytesConsumed - from));
            (Version, Continue) = (Text(metadata.RootElement, "resourceVersion"), Text(metadata.RootElement, "continue"));
        }

        return true;
    }

    private static string Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";

    private void MakeRoom()
    {
        var pending = _end - _start;
        if (pending < _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
        }
        else if (pending > largest)
        {
            throw new IOException($"an item is longer than {largest} bytes");
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, pending).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        (_start, _end) = (0, pending);
    }
}
