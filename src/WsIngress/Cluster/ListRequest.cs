using System.Text.Json;
using k8s;
using k8s.Models;
using WsIngress.Sources;

namespace WsIngress.Cluster;

/// <summary>All objects of a target at one version.</summary>
internal sealed record ObjectList(List<DecodedObject> Objects, string Version);

/// <summary>LIST, page by page. Nothing is handed on before the last page: half a list would take the other half's objects away.</summary>
/// <param name="target">What is listed.</param>
/// <param name="server">Whom to ask.</param>
/// <param name="options">Bounds and waits.</param>
/// <param name="time">The clock of the waits.</param>
/// <param name="wanted">Objects that are not wanted are passed over unread; null takes all.</param>
internal sealed class ListRequest(ReflectorTarget target, ApiServer server, ReflectorOptions options, TimeProvider time, Func<ObjectKey, bool>? wanted = null)
{
    private readonly ObjectDecoding _decoding = new(target.Info, wanted);

    /// <param name="heard">Called when bytes came.</param>
    /// <param name="cancellation">Ends the list.</param>
    /// <param name="name">Only the object of this name; null for all.</param>
    /// <param name="known">Forms that the list may take over where their version is the same; null for none.</param>
    /// <exception cref="ApiException">Any page was refused (410: the pages took longer than the server remembers), or cannot be read.</exception>
    public async Task<ObjectList> AllAsync(
        Action heard, CancellationToken cancellation, string? name = null, Func<ObjectKey, IKubernetesObject<V1ObjectMeta>?>? known = null)
    {
        var objects = new List<DecodedObject>();
        var token = "";
        for (var pages = 0; pages < options.MostPages; pages++)
        {
            var (version, next) = await PageAsync(target.ListPath(options.PageSize, token, name), json => Take(json, objects, known), heard, cancellation).ConfigureAwait(false);
            if (next.Length == 0)
            {
                return version.Length > 0 ? new(objects, version) : throw new ApiException(0, "", $"the list of {target} has no resourceVersion");
            }

            token = next;
        }

        throw new ApiException(0, "", $"the list of {target} has more than {options.MostPages} pages");
    }

    /// <summary>The present version of the server, at the price of at most one object.</summary>
    public async Task<string> VersionAsync(Action heard, CancellationToken cancellation) =>
        (await PageAsync(target.ListPath(1, "", null), static _ => { }, heard, cancellation).ConfigureAwait(false)).Version;

    private async Task<(string Version, string Continue)> PageAsync(string path, ItemTaker take, Action heard, CancellationToken cancellation)
    {
        using var silence = new CancellationTokenSource(options.ReadTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        using var response = await server.SendAsync(HttpMethod.Get, path, null, cancellation).ConfigureAwait(false);
        using var page = new ListItems((json, _) => take(json), options.LargestObject);
        try
        {
            await page.ReadAsync(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), Heard, either.Token).ConfigureAwait(false);
            return (page.Version, page.Continue);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException || (broken is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            var why = silence.IsCancellationRequested ? $"no byte came for {options.ReadTimeout.TotalSeconds:0} s" : broken.GetBaseException().Message;
            throw new ApiException(0, "", $"the list of {target} cannot be read: {why}", inner: broken);
        }

        void Heard()
        {
            silence.CancelAfter(options.ReadTimeout);
            heard();
        }
    }

    private delegate void ItemTaker(ReadOnlySpan<byte> json);

    private void Take(ReadOnlySpan<byte> json, List<DecodedObject> objects, Func<ObjectKey, IKubernetesObject<V1ObjectMeta>?>? known)
    {
        if (_decoding.Decode(json, known) is { } found)
        {
            objects.Add(found);
        }
    }
}
