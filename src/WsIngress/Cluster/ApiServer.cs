using System.Net;
using System.Net.Http.Headers;
using System.Text;
using k8s;
using k8s.Models;

namespace WsIngress.Cluster;

/// <summary>
/// One API server: sends requests with the credentials of its configuration and turns every refusal into an <see cref="ApiException"/>.
/// Knows no kinds. Thread-safe.
/// </summary>
internal sealed class ApiServer : IDisposable
{
    /// <summary>Longest wait for the head of an answer, and for the body of a call; that of a watch may last for as long as it likes.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Most bytes of a refusal that are read: a Status is small.</summary>
    private const int LargestRefusal = 64 * 1024;

    /// <summary>Most bytes of the answer to a call. The largest is a page of 500 pods; one object of etcd has 1.5 MiB at most.</summary>
    private const int LargestAnswer = 64 * 1024 * 1024;

    private readonly ClusterConfiguration _configuration;
    private readonly TimeProvider _time;

    public ApiServer(ClusterConfiguration configuration, TimeProvider time)
    {
        (_configuration, _time) = (configuration, time);
    }

    /// <summary>For people: the server's URL.</summary>
    public string Address => _configuration.Address;

    /// <summary>
    /// The answer with a 2xx status, its body not yet read; the caller disposes it. <paramref name="path"/> begins with <c>/api</c> and has
    /// its query escaped.
    /// </summary>
    /// <exception cref="ApiException">Any other status, or no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, (Uri?)null) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));

        // HTTP/2 where the server has it, which is where it speaks TLS: its pings tell a dead connection from a quiet one.
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        HttpResponseMessage response;
        try
        {
            var client = _configuration.Client();
            request.RequestUri = new Uri(client.BaseUri.AbsoluteUri.TrimEnd('/') + path);
            if (client.Credentials is { } credentials)
            {
                await credentials.ProcessHttpRequestAsync(request, either.Token).ConfigureAwait(false);
            }

            response = await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            // A connection that breaks because we gave up says so in more than one way.
            cancellation.ThrowIfCancellationRequested();
            _configuration.Suspect();
            var why = limit.IsCancellationRequested ? $"no answer within {AnswerTimeout.TotalSeconds:0} s" : failed.GetBaseException().Message;
            throw new ApiException(0, "", $"{Address} cannot be reached: {why}", inner: failed);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            if ((int)response.StatusCode == 401)
            {
                _configuration.Suspect();
            }

            throw await RefusalAsync(response, either.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A request with a body of one of the models, or without one, and an answer of a model.</summary>
    /// <param name="method">GET, POST, PUT, PATCH or DELETE.</param>
    /// <param name="path">As for <see cref="SendAsync"/>.</param>
    /// <param name="body">JSON text; null for none.</param>
    /// <param name="contentType">Of the body: <c>application/json</c>, or <c>application/merge-patch+json</c> for a PATCH.</param>
    /// <param name="cancellation">Ends the wait, also in the middle of the answer.</param>
    /// <exception cref="ApiException">A refusal, no answer, or one that stalls, breaks off or cannot be read.</exception>
    public async Task<T> CallAsync<T>(HttpMethod method, string path, string? body, string contentType, CancellationToken cancellation)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, contentType);
        using var response = await SendAsync(method, path, content, cancellation).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await response.Content.LoadIntoBufferAsync(LargestAnswer, either.Token).ConfigureAwait(false);
            return KubernetesJson.Deserialize<T>(await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false))
                ?? throw new System.Text.Json.JsonException("it is null");
        }
        catch (Exception failed)
        {
            cancellation.ThrowIfCancellationRequested();
            var why = limit.IsCancellationRequested ? $"it stopped in the middle for {AnswerTimeout.TotalSeconds:0} s" : failed.GetBaseException().Message;
            throw new ApiException(0, "", $"{Address}: {method} {path}: the answer cannot be read: {why}", inner: failed);
        }
    }

    public void Dispose() => _configuration.Dispose();

    private async Task<ApiException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var code = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        var text = await StartOfBodyAsync(response, cancellation).ConfigureAwait(false);
        var status = ToStatus(text);
        var message = status?.Message ?? text.Trim();
        return new ApiException(code, status?.Reason ?? "", message.Length == 0 ? $"status {code}" : message, retryAfter) { Status = status };
    }

    private static async Task<string> StartOfBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            var buffer = new byte[LargestRefusal];
            var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer, 0, read);
        }
        catch (Exception failed) when (failed is IOException or HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }

    /// <summary>Not every refusal is a Status: unknown groups and throttling answer in plain text.</summary>
    private static V1Status? ToStatus(string text)
    {
        try
        {
            var status = KubernetesJson.Deserialize<V1Status>(text);
            return status?.Kind == V1Status.KubeKind ? status : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
