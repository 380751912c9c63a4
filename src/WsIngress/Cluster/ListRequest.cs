using System.Buffers;
using System.Text.Json;

namespace WsIngress.Cluster;

/// <summary>LIST, page by page. Nothing is handed on before the last page: half a list would take the other half's objects away.</summary>
internal sealed class ListRequest(ReflectorTarget target, ApiServer server, ReflectorOptions options, TimeProvider time)
{
    private readonly ObjectDecoding _decoding = new(target.Info);

    /// <summary>All objects, and the version to watch from.</summary>
    /// <param name="heard">Called for every page.</param>
    /// <param name="cancellation">Ends the list.</param>
    /// <param name="fieldSelector">Narrows the list; null for none.</param>
    /// <exception cref="ApiException">Any page was refused (410: the pages took longer than the server remembers), or cannot be read.</exception>
    public async Task<(List<DecodedObject> Objects, string Version)> AllAsync(Action heard, CancellationToken cancellation, string? fieldSelector = null)
    {
        var objects = new List<DecodedObject>();
        string? token = null;
        while (true)
        {
            var (version, next) = await PageAsync(target.ListPath(options.PageSize, token, fieldSelector), objects, cancellation).ConfigureAwait(false);
            heard();
            if (next.Length == 0)
            {
                return version.Length > 0 ? (objects, version) : throw new ApiException(0, "", $"the list of {target} has no resourceVersion");
            }

            token = next;
        }
    }

    private async Task<(string Version, string Token)> PageAsync(string path, List<DecodedObject> objects, CancellationToken cancellation)
    {
        using var response = await server.SendAsync(HttpMethod.Get, path, null, cancellation).ConfigureAwait(false);
        using var page = new PageBuffer((int)Math.Clamp(response.Content.Headers.ContentLength ?? 0, 64 * 1024, options.LargestPage), options.LargestPage);
        try
        {
            await ReadAsync(response, page, cancellation).ConfigureAwait(false);
            return Take(page.Written, objects);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new ApiException(0, "", $"a page of the list of {target} cannot be read: {broken.GetBaseException().Message}", inner: broken);
        }
    }

    private (string Version, string Token) Take(ReadOnlyMemory<byte> page, List<DecodedObject> objects)
    {
        using var document = JsonDocument.Parse(page);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("metadata", out var metadata))
        {
            throw new JsonException("the answer is no list");
        }

        if (root.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in items.EnumerateArray())
            {
                objects.Add(_decoding.Decode(item));
            }
        }

        return (ObjectDecoding.Text(metadata, "resourceVersion"), ObjectDecoding.Text(metadata, "continue"));
    }

    private async Task ReadAsync(HttpResponseMessage response, PageBuffer page, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var silence = new CancellationTokenSource(options.ReadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        while (await body.ReadAsync(page.Free(), either.Token).ConfigureAwait(false) is var read and > 0)
        {
            page.Advance(read);
            silence.CancelAfter(options.ReadTimeout);
        }
    }

    /// <summary>The bytes of one page in a rented buffer that grows up to a bound.</summary>
    private sealed class PageBuffer(int size, int largest) : IDisposable
    {
        private byte[] _bytes = ArrayPool<byte>.Shared.Rent(size);
        private int _length;

        public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

        /// <exception cref="IOException">The page is longer than the bound.</exception>
        public Memory<byte> Free()
        {
            if (_length >= largest)
            {
                throw new IOException($"it is longer than {largest} bytes");
            }

            if (_length == _bytes.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(_length * 2);
                Written.Span.CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
                _bytes = larger;
            }

            return _bytes.AsMemory(_length);
        }

        public void Advance(int read) => _length += read;

        public void Dispose()
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }
}
