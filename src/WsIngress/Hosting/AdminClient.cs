using System.Net;
using System.Net.Http.Headers;
using WsIngress.Admin;
using WsIngress.Cli;

namespace WsIngress.Hosting;

/// <summary>Asks the admin API of a running process.</summary>
internal sealed class AdminClient(AdminTarget admin) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Until the head of the answer is there; a long list and a tap may take their time.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    /// <summary>Names and values behind a path, with their question mark; empty for none.</summary>
    public static string Query(IReadOnlyList<(string Name, string Value)> values) =>
        values.Count == 0 ? "" : "?" + string.Join('&', values.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));

    /// <summary>The answer's text and status.</summary>
    /// <exception cref="IOException">Nobody answers, or the token file cannot be used.</exception>
    public async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpMethod method, string path, CancellationToken stopping)
    {
        using var response = await OpenAsync(method, path, stopping);
        try
        {
            return (response.StatusCode, await response.Content.ReadAsStringAsync(stopping));
        }
        catch (HttpRequestException broken)
        {
            throw NoAnswer(broken);
        }
    }

    /// <summary>The answer from its head on.</summary>
    /// <exception cref="IOException">Nobody answers, or the token file cannot be used.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, CancellationToken stopping)
    {
        using var request = new HttpRequestMessage(method, new Uri($"http://{admin.EndPoint}{path}"));
        if (admin.TokenFile is { } file)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken.Read(file));
        }

        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            throw NoAnswer(broken);
        }
    }

    public void Dispose() => _http.Dispose();

    private IOException NoAnswer(Exception broken) => new($"no admin API answers at {admin.EndPoint} ({broken.Message}); is wsingress running?", broken);
}
